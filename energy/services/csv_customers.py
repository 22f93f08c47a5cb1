"""Bring customers and accounts up to date with the distribution utility's feed."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.errors import FieldValueError
from accounts.models import Account, Customer, FieldSource
from accounts.services import clean_value, create_account, create_customer, note_feed_fields, set_field
from energy.csvfeed import CsvError, CustomerRow, Table, open_table, read_customers
from energy.csvfeed import Mapping as FeedMapping
from energy.holders import has_common_word, is_same_holder
from energy.models import ImportRun
from energy.services.counting import Counters, Loaded
from energy.services.csv_mapping import refusal
from energy.services.greenbutton import Progress
from ledger.actor import Actor
from protection import datamap

ROWS_AT_ONCE = 500
_OF_CUSTOMER = (
    "name", "email", "phone", "mailing_street", "mailing_city", "mailing_region", "mailing_postal_code", "language",
)  # fmt: skip
_OF_ACCOUNT = (
    "service_street", "service_city", "service_region", "service_postal_code", "customer_class", "climate_zone",
    "opened_on", "closed_on",
)  # fmt: skip
_ROW_LEFT_OUT = "The row was left out"
Row = Customer | Account


class _Origin(NamedTuple):
    """Where a value came from, as far as a feed must know."""

    is_override: bool


def load_csv_customers(
    *, stream: BinaryIO, run: ImportRun, mapping: FeedMapping, by: Actor, progress: Progress
) -> Loaded:
    """Read a CSV feed of customers and accounts from `stream`: make those that are new, change what differs.

    In the caller's transaction. The counters count accounts, not readings. Values that the customer or staff set stay,
    and a conflict is filed; an empty cell changes nothing; a row that seems to name another holder, or another tenancy,
    than the account's is left out with a finding. Raises ImportRefused where the file as a whole is not to be trusted.
    """
    counters = Counters()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('energy customers feed'))")
    try:
        with open_table(stream, mapping) as table:
            updating = _Updating(table, run.uuid, by)
            for rows in _portions(read_customers(table)):
                updating.take(rows, counters)
                progress(stream.tell())
    except CsvError as error:
        raise refusal(error) from error
    counters.skipped += table.skipped
    return Loaded(counters, table.findings)


def _portions(rows: Iterator[CustomerRow]) -> Iterator[list[CustomerRow]]:
    while portion := list(islice(rows, ROWS_AT_ONCE)):
        yield portion


class _Updating:
    """Take in the rows of one feed."""

    def __init__(self, table: Table, run: UUID, by: Actor) -> None:
        self._table = table
        self._run = run
        self._by = by
        self._accounts: dict[str, Account] = {}
        self._origins: dict[tuple[UUID, str], _Origin] = {}

    def take(self, rows: list[CustomerRow], counters: Counters) -> None:
        """Take in some rows and count what became of them; rows left out are counted by the table."""
        self._look_up({row.account_number for row in rows})
        for row in rows:
            account = self._accounts.get(row.account_number)
            if account is None:
                counters.inserted += self._create(row)
            elif self._is_of(row, account):
                is_changed = self._update(row, account)
                counters.updated += is_changed
                counters.unchanged += not is_changed

    def _look_up(self, numbers: set[str]) -> None:
        found = Account.objects.filter(number__in=numbers).select_related("customer")
        self._accounts = {account.number: account for account in found}
        self._origins = {}
        uuids = {row.uuid for account in self._accounts.values() for row in (account, account.customer)}
        sources = FieldSource.objects.filter(row_uuid__in=uuids)
        for row_uuid, field_id, is_override in sources.values_list("row_uuid", "field_id", "is_override"):
            self._origins[row_uuid, field_id] = _Origin(is_override)

    def _create(self, row: CustomerRow) -> bool:
        """Make customer and account; return whether the row says enough for that."""
        missing = [name for name in ("name", "opened_on") if name not in row.values and name not in row.dates]
        if missing:
            self._leave_out(row, "missing-value", f"The new account {_shown(row)} has no {' and no '.join(missing)}")
            return False
        if not self._dates_are_ordered(row, row.dates["opened_on"], row.dates.get("closed_on")):
            return False
        of_customer = self._cleaned(row, Customer, (*_OF_CUSTOMER, "kind"))
        of_account = self._cleaned(row, Account, ("number", *_OF_ACCOUNT), number=row.account_number)
        if "name" not in of_customer or "number" not in of_account:
            self._table.skipped += 1
            return False
        customer = create_customer(by=self._by, **of_customer)
        account = create_account(customer=customer, by=self._by, **of_account)
        for made, fields in ((customer, of_customer), (account, of_account)):
            note_feed_fields(row=made, fields=fields.keys(), import_run=self._run)
            self._origins |= {(made.uuid, _field_id(made, name)): _Origin(False) for name in fields if name != "kind"}
        self._accounts[account.number] = account
        return True

    def _is_of(self, row: CustomerRow, account: Account) -> bool:
        """Say whether the row is about this tenancy; if it may be another's, nothing of it is taken."""
        opened = row.dates.get("opened_on")
        if account.closed_on and opened and opened > account.closed_on:
            message = f"The account {_shown(row)} was closed on {account.closed_on}, and the feed opens it on {opened}"
            self._leave_out(row, "new-tenancy", message, "The row was left out; a new tenancy needs a new account")
            return False
        if not self._dates_are_ordered(row, opened or account.opened_on, row.dates.get("closed_on", account.closed_on)):
            return False
        if self._names_agree(row, account.customer):
            return True
        message = f"The feed names another holder for the account {_shown(row)} than ours"
        action = (
            "The row was left out. If someone else moved in, close the account and open a new one; if only the name "
            "changed, correct it at the customer's page"
        )
        self._leave_out(row, "holder-differs", message, action)
        return False

    def _names_agree(self, row: CustomerRow, customer: Customer) -> bool:
        """Say whether the row is surely about this customer; where our name was corrected, one word in common will do.

        A feed that has nothing in common with a corrected name still offers its own to staff.
        """
        name = row.values.get("name", "")
        if not name or is_same_holder(customer.name, name):
            return True
        origin = self._origins.get((customer.uuid, _field_id(customer, "name")))
        if origin is None or not origin.is_override:
            return False
        if has_common_word(customer.name, name):
            return True
        for cleaned in self._cleaned(row, Customer, ("name",)).values():
            self._set(row, customer, "name", cleaned)
        return False

    def _update(self, row: CustomerRow, account: Account) -> bool:
        """Set what differs; return whether anything was changed."""
        changes = [
            self._set(row, target, field, value)
            for target, fields in ((account.customer, _OF_CUSTOMER), (account, _OF_ACCOUNT))
            for field, value in self._cleaned(row, type(target), fields).items()
        ]
        return any(changes)

    def _set(self, row: CustomerRow, target: Row, field: str, value: Any) -> bool:
        place = target.uuid, _field_id(target, field)
        if place in self._origins and str(getattr(target, field)) == str(value):
            return False
        change = set_field(
            row=target, field=field, value=value, source=FieldSource.Source.FEED, by=self._by, import_run=self._run
        )
        self._origins.setdefault(place, _Origin(False))
        if change.outcome == "conflict":
            message = f"{field} of the account {_shown(row)} differs from what was corrected"
            self._table.find(
                row.line, "conflict-filed", message, "The corrected value stays; staff decide in the queue"
            )
        return change.outcome == "applied" and change.old_value != change.new_value

    def _cleaned(self, row: CustomerRow, model: type[Row], fields: tuple[str, ...], **more: str) -> dict[str, Any]:
        """Return what the row gives for these fields, without what they do not take."""
        given: Mapping[str, str | date] = {**row.values, **row.dates, **more}
        cleaned = {}
        for field in fields:
            if field not in given:
                continue
            try:
                cleaned[field] = clean_value(model, field, given[field])
            except FieldValueError as error:
                message = f"{field} of the account {_shown(row)} cannot be taken: {str(error).rstrip('.')}"
                self._table.find(row.line, "invalid-value", message, "Left as it was")
        return cleaned

    def _dates_are_ordered(self, row: CustomerRow, opened: date, closed: date | None) -> bool:
        if closed is None or opened <= closed:
            return True
        message = f"The account {_shown(row)} would close on {closed}, before it opened on {opened}"
        self._leave_out(row, "closes-before-opening", message)
        return False

    def _leave_out(self, row: CustomerRow, code: str, message: str, action: str = _ROW_LEFT_OUT) -> None:
        self._table.find(row.line, code, message, action, skipped=1)


def _shown(row: CustomerRow) -> str:
    return row.account_number[:60]


def _field_id(row: Row, field: str) -> str:
    return next(entry.id for entry in datamap.fields(model=type(row)) if entry.attribute == field)
