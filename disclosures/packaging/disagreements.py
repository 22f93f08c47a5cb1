"""What customers say against values that were not corrected: it goes out with every release of the value."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from accounts.models import Account, Customer, Dispute
from protection import datamap
from protection.clock import provider_zone
from protection.datamap import CorrectionRule

COLUMN = "disagreements"
FILE_NAME = "disagreements.txt"

Statement = dict[str, str]
"""One statement: its `field` (the column), the day it was `stated_on`, the `statement` itself."""

_HEAD = (
    "Statements of disagreement",
    "",
    "Customers disagree with values that are released in these files and that the provider did not correct.",
    "Their own words follow, indented, under the file and the field that they are about. Keep them with the data.",
)


def can_be_disputed(field_ids: Iterable[str]) -> bool:
    """Say whether any of these fields is one whose correction can be refused."""
    wanted = set(field_ids)
    return any(
        field.id in wanted and field.personal.correction == CorrectionRule.AFTER_REVIEW
        for model in (Customer, Account)
        for field in datamap.fields(model=model)
    )


def column_of(field_id: str) -> str:
    """Return the column of a field: `account.number` stands in `account_number`."""
    return field_id.replace(".", "_")


def statements_on(account: Account, field_ids: Collection[str], disputes: Iterable[Dispute]) -> list[Statement]:
    """Return what is said against the released fields of an account and its customer: field, day and words."""
    rows = {account.uuid, account.customer.uuid}
    return [
        {
            "field": column_of(dispute.field_id),
            "stated_on": dispute.created_at.astimezone(provider_zone()).date().isoformat(),
            "statement": dispute.statement,
        }
        for dispute in disputes
        if dispute.row_uuid in rows and dispute.field_id in field_ids
    ]


def in_one_cell(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record of a table: each statement as a line that people read, the field first."""
    if COLUMN not in record:
        return record
    return {**record, COLUMN: [f"{said['field']}, {said['stated_on']}: {said['statement']}" for said in record[COLUMN]]}


def companion_text(said: Iterable[tuple[str, Statement]]) -> str:
    """Return the text that goes beside feeds, whose format has no place for statements: `said` is by file name.

    The words are indented, so that nobody can write a heading of their own.
    """
    parts = list(_HEAD)
    for name, statement in said:
        words = (f"    {line}".rstrip() for line in statement["statement"].splitlines())
        parts += ["", f"{name}: {statement['field']}, stated on {statement['stated_on']}", *words]
    return "\n".join(parts) + "\n"
