"""A small world with every kind of row a purge meets, its model, and what the database holds of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from energy.models import Bill, DayReading
from protection.rowsecurity import provider_rows
from retention.models import HeldBill, HeldDayReading
from retention.services import place_hold, release_holds_of
from tests.energy.factories import make_bill, make_day
from tests.retention.factories import OPERATOR, Household, household
from tests.retention.model import BILLS, CLASSES, READINGS, Hold, Model, Row

TABLES = {READINGS: (DayReading, HeldDayReading, "day"), BILLS: (Bill, HeldBill, "bill_date")}


@dataclass
class World:
    """Households with what they have, and the model that is told of everything that is done to them."""

    households: list[Household]
    model: Model = field(default_factory=Model)

    @classmethod
    def of(cls, count: int) -> "World":
        """Make a world of some households that have nothing yet."""
        with provider_rows():
            return cls([household() for _ in range(count)])

    def account(self, number: int) -> int:
        return int(self.households[number].account.pk)

    def store(self, code: str, day: date, numbers: Iterable[int]) -> None:
        """Give households a day of readings, or a bill; whoever has it keeps the one they have."""
        with provider_rows():
            for number in numbers:
                row = Row(code, day, self.account(number))
                if row in self.model.stored:
                    continue
                home = self.households[number]
                if code == READINGS:
                    make_day(home.meter, day, values=(number, day.day))
                else:
                    make_bill(home.account, day)
                self.model.store([row])

    def place(
        self,
        name: str,
        number: int | None,
        classes: tuple[str, ...] = CLASSES,
        first: date | None = None,
        past: date | None = None,
    ) -> None:
        """Place a hold on a household, or on everybody."""
        with provider_rows():
            subject = {"all_subjects": True} if number is None else {"account": self.households[number].account}
            place_hold(
                **subject,
                retention_classes=list(classes),
                data_from=first,
                data_to=past,
                reason="A lawsuit",
                citation=f"Case {name}",
                origin=f"tests.Case:{name}",
                by=OPERATOR,
            )
        account = None if number is None else self.account(number)
        self.model.holds[name] = Hold(account, classes, first, past)

    def release(self, name: str) -> None:
        """Release a hold."""
        with provider_rows():
            release_holds_of(origin=f"tests.Case:{name}", reason="It is settled", by=OPERATOR)
        del self.model.holds[name]


def stored_rows() -> set[Row]:
    """Return what is in the tables of usage and bills."""
    return _rows(0)


def held_rows() -> set[Row]:
    """Return what is in the tables of held rows."""
    return _rows(1)


def _rows(place: int) -> set[Row]:
    with provider_rows():
        return {
            Row(code, day, account)
            for code, (*models, column) in TABLES.items()
            for account, day in models[place].objects.values_list("account_id", column)
        }
