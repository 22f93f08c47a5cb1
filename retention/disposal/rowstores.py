"""Rows that are not kept by month: when each is past its time, which of them a hold keeps, what goes with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import BooleanField, Exists, F, Func, Min, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from protection.clock import provider_zone
from protection.days import civil_day
from protection.models import SealedFile
from retention.disposal.references import referrers, targets, unreferenced, without_standing_file
from retention.disposal.registry import stores_of
from retention.disposal.tombstones import leave_tombstones
from retention.models import LegalHold, PurgeItem, PurgeRun


class AmongArray(Func):
    """Whether the first expression is an element of the second, an array."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class Disposed:
    """How many rows or files went, and the bytes of the files."""

    count: int
    bytes: int = 0


NOTHING = Disposed(0)


@dataclass(frozen=True, slots=True)
class RowStore:
    """Rows of one model that a retention class disposes of by deleting them.

    `clock` is the column, or the expression, of the event that the period runs from; NULL while it has not come.
    `condition` says which rows are meant, and `part` tells two stores of one table apart. Whose they are: `customer`
    is the path from the row to one customer, `from_customer` the way back from a customer where a row has several,
    `customers` an array column; without any a hold on anybody's data of the class keeps all. `with_rows` are models and
    the foreign key by which their rows belong to one of these and go with it.

    A row goes only when no foreign key of another row points at it, so that a class that is kept longer keeps what it
    refers to.
    """

    retention_class: str
    model: type[Model]
    clock: str | Combinable
    customer: str = ""
    from_customer: str = ""
    customers: str = ""
    condition: Q = field(default_factory=Q)
    is_clock_a_date: bool = False
    with_rows: tuple[tuple[type[Model], str], ...] = ()
    leaves_tombstone: bool = False
    part: str = ""
    key: str = "pk"

    action: ClassVar[str] = PurgeItem.Action.DELETE_ROWS

    @property
    def name(self) -> str:
        """Return the table's name, with the part where a table has several stores."""
        table = self.model._meta.db_table
        return f"{table}:{self.part}" if self.part else table

    @property
    def models(self) -> frozenset[type[Model]]:
        """Return the models whose rows this store disposes of."""
        return frozenset({self.model, *(model for model, _key in self.with_rows)})

    @property
    def must_precede(self) -> frozenset[type[Model]]:
        """Return the models that these rows refer to, whose rows may go only afterwards; files go before."""
        return targets(self.model) - self.models - {SealedFile}

    @property
    def hangers_precede(self) -> frozenset[type[Model]]:
        """Return the models that what goes with these rows refers to."""
        return frozenset().union(*(targets(model) for model, _path in self.with_rows)) - self.models - {SealedFile}

    def rows(self) -> QuerySet[Any]:
        """Return the rows that are meant, whatever their age, with `cutoff_event`."""
        clock = F(self.clock) if isinstance(self.clock, str) else self.clock
        rows: QuerySet[Any] = self.model._base_manager.filter(self.condition).annotate(cutoff_event=clock)
        return rows

    def past(self, before: date) -> QuerySet[Any]:
        """Return the rows whose clock started before a day, counted in the provider's zone."""
        return self.rows().filter(cutoff_event__lt=self.moment(before))

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return the rows past their time by their clock alone."""
        return RowStore.past(self, before)

    def due(self, before: date) -> QuerySet[Any]:
        """Return the rows past their time, save those that rows of other classes or rows not yet due refer to."""
        due = self.past(before)
        for key in referrers(self.model):
            if key.model not in self.models:
                due = due.exclude(Exists(self._staying(key.model, before).filter(**{key.name: OuterRef("pk")})))
        return due.filter(self._of_whole_rows())

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return the rows that are due, that nothing refers to any more, and whose files are destroyed."""
        unneeded = unreferenced(self.model, aside=self.models) & without_standing_file(self.model)
        return self.due(before).filter(unneeded)

    def held(self, before: date) -> QuerySet[Any]:
        """Return the rows past their time that a hold in force keeps."""
        return self.under_hold(self.due(before))

    def under_hold(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of these rows (with `cutoff_event`) that a hold in force keeps."""
        holds = LegalHold.objects.in_force().covering(self.retention_class).filter(_covers_day(self._day()))
        return rows.filter(reduce(or_, (Exists(holds.filter(subject)) for subject in self.subjects())))

    def oldest(self) -> date | None:
        """Return the civil day on which the oldest row's clock started."""
        return self.day_of(self.rows().aggregate(oldest=Min("cutoff_event"))["oldest"])

    def day_of(self, value: date | datetime | None) -> date | None:
        """Return the civil day of a cutoff event, where the provider is."""
        return value.astimezone(provider_zone()).date() if isinstance(value, datetime) else value

    def bytes_to_drop(self, before: date) -> int:
        """Return 0: rows that are deleted free nothing on disk at once."""
        return 0

    def drop_month(self, before: date) -> Disposed | None:
        """Drop a whole month where rows are kept by month; None here, where they are not."""
        return None

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Delete these rows and what goes with them."""
        for model, key in self.with_rows:
            hanging = model._base_manager.filter(**{f"{key}__in": keys})
            if self.leaves_tombstone:
                leave_tombstones(hanging, self.retention_class, run)
            hanging._raw_delete(hanging.db)
        rows = self.model._base_manager.filter(pk__in=keys)
        if self.leaves_tombstone:
            leave_tombstones(rows, self.retention_class, run)
        return Disposed(rows._raw_delete(rows.db))

    def _staying(self, model: type[Model], before: date) -> QuerySet[Any]:
        """Return the rows of another model that stay when what is due in this class goes.

        By EXISTS on the key: PostgreSQL cannot hash a NOT IN that exceeds its memory, and then takes quadratic time.
        """
        rows = model._base_manager.all()
        for store in stores_of(self.retention_class):
            if store.model is model:
                rows = rows.exclude(Exists(store.due(before).filter(**{store.key: OuterRef(store.key)})))
            for hanging, path in store.with_rows:
                if hanging is model:
                    rows = rows.exclude(Exists(store.due(before).filter(pk=OuterRef(path))))
        return rows

    def _of_whole_rows(self) -> Q:
        """Return the condition that nothing refers to what goes with the row."""
        condition = Q()
        for model, parent in self.with_rows:
            for key in referrers(model):
                if key.model not in self.models:
                    found = key.model._base_manager.filter(**{f"{key.name}__{parent}": OuterRef("pk")})
                    condition &= ~Q(Exists(found))
        return condition

    def subjects(self) -> list[Q]:
        """Return the ways in which a hold can name a row's subject, each of which has an index of its own."""
        if self.customer:
            whose: Any = OuterRef(self.customer)
            return [Q(all_subjects=True), Q(customer=whose), Q(account__customer=whose)]
        if self.from_customer:
            row, path = OuterRef("pk"), self.from_customer
            return [Q(all_subjects=True), Q(**{f"customer__{path}": row}), Q(**{f"account__customer__{path}": row})]
        if self.customers:
            of = OuterRef(self.customers)
            return [Q(all_subjects=True), *(Q(AmongArray(F(whose), of)) for whose in ("customer", "account__customer"))]
        return [Q()]

    def _day(self) -> Any:
        """Return the day of the outer row's cutoff event."""
        event = OuterRef("cutoff_event")
        return event if self.is_clock_a_date else civil_day(event)

    def moment(self, day: date) -> date | datetime:
        """Return a day as the clock has it: itself, or the moment at which it begins where the provider is."""
        return day if self.is_clock_a_date else datetime.combine(day, time(), provider_zone())


def _covers_day(day: Any) -> Q:
    return (Q(data_from__isnull=True) | Q(data_from__lte=day)) & (Q(data_to__isnull=True) | Q(data_to__gt=day))
