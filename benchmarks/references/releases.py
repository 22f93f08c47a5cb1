"""Bare INSERTs of the rows that a release writes: what the database takes, without a decision around it."""

from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Model

from disclosures.models import Package, Release, ReleaseLine
from ledger.models import Entry
from retention.models.proposals import DECISION_COLUMNS

Row = dict[str, Any]
_SET_BY_THE_DATABASE = {"id", "created_at"}

# The same rows of a release to many for others: its entries, its lines, its customers left out, each by one statement.
_ENTRIES = """
INSERT INTO ledger_entry (id, kind, subject_tag, commitment)
SELECT entry_id, 'release.line', tag, commitment FROM pg_temp.bench_line
"""
_LINES = """
INSERT INTO disclosures_releaseline (entry_id, release_id, customer_id, consent_version_id, account_ids,
    usage_point_ids, field_ids, data_from, data_to, salt)
SELECT entry_id, %s, customer_id, consent_version_id, account_ids, usage_point_ids, field_ids, data_from, data_to, salt
FROM pg_temp.bench_line
"""
_SAME_LINES = """
CREATE TEMPORARY TABLE bench_line AS
SELECT nextval('ledger_entry_id_seq') AS entry_id, line.customer_id, line.consent_version_id, line.account_ids,
    line.usage_point_ids, line.field_ids, line.data_from, line.data_to, line.salt, customer.tag,
    sha256(line.salt || %s || customer.tag) AS commitment
FROM disclosures_releaseline line JOIN accounts_customer customer ON customer.id = line.customer_id
WHERE line.release_id = %s
"""


def rows_of(release: Release) -> dict[str, Row]:
    """Return what a release to one customer has written, by table, as the columns that an INSERT names."""
    line = ReleaseLine.objects.get(release=release)
    rows: dict[str, Model] = {
        "made": Entry.objects.get(pk=release.entry_id),
        "release": release,
        "entry": Entry.objects.get(pk=line.entry_id),
        "line": line,
        "package": Package.objects.get(release=release),
    }
    return {name: _columns(row) for name, row in rows.items()}


def insert_same_rows(rows: dict[str, Row], *, statements: int) -> None:
    """Insert the same rows again in this transaction, a statement each, and as many empty ones as are left over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        (now,) = cursor.fetchone()
        made = _insert(cursor, "ledger_entry", rows["made"])
        release = {**rows["release"], "uuid": uuid4(), "request_uuid": uuid4(), "entry_id": made, "decided_at": now}
        release_id = _insert(cursor, "disclosures_release", release)
        entry = _insert(cursor, "ledger_entry", rows["entry"])
        line = {**rows["line"], "entry_id": entry, "release_id": release_id}
        _insert(cursor, "disclosures_releaseline", line, returning="entry_id")
        _insert(cursor, "disclosures_package", {**rows["package"], "uuid": uuid4(), "release_id": release_id})
        for _ in range(statements - len(rows) - 1):
            cursor.execute("SELECT")


def prepare_same_lines(release: Release, release_hash: bytes) -> None:
    """Lay the rows of a release to many ready in a temporary table, ids and commitments included; not measured."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.bench_line")
        cursor.execute(_SAME_LINES, [release_hash, release.pk])
        cursor.execute("ANALYZE pg_temp.bench_line")


def insert_same_lines(release: Release, *, is_checked: bool) -> None:
    """Insert a release like this one and the lines that lie ready, by one INSERT … SELECT a table.

    With `is_checked` the database judges it, so it is one that may be made: on a proposal of its own, like the first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        (now,) = cursor.fetchone()
        made = _insert(cursor, "ledger_entry", _columns(Entry.objects.get(pk=release.entry_id)))
        row = {**_columns(release), "uuid": uuid4(), "request_uuid": uuid4(), "entry_id": made, "decided_at": now}
        row["proposal_id"] = _same_proposal(cursor, release) if is_checked else None
        release_id = _insert(cursor, "disclosures_release", row)
        cursor.execute(_ENTRIES)
        cursor.execute(_LINES, [release_id])


def _same_proposal(cursor: Any, release: Release) -> int:
    """Write the release's proposal again, as decided as it is."""
    assert release.proposal is not None
    row = _columns(release.proposal)
    decided = {name: row.pop(name) for name in DECISION_COLUMNS}
    entries = [
        _insert(cursor, "ledger_entry", _columns(Entry.objects.get(pk=pk)))
        for pk in (row["entry_id"], decided["decision_entry_id"])
    ]
    proposal_id = _insert(
        cursor, "disclosures_releaseproposal", {**row, "uuid": uuid4(), "entry_id": entries[0], "decided_by_name": ""}
    )
    decided["decision_entry_id"] = entries[1]
    changes = ", ".join(f"{name} = %s" for name in decided)
    cursor.execute(
        f"UPDATE disclosures_releaseproposal SET {changes} WHERE id = %s",  # noqa: S608 (our own names)
        [*decided.values(), proposal_id],
    )
    return proposal_id


def _insert(cursor: Any, table: str, row: Row, *, returning: str = "id") -> int:
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    cursor.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {returning}",  # noqa: S608 (our own names)
        list(row.values()),
    )
    return int(cursor.fetchone()[0])


def _columns(row: Model) -> Row:
    fields = [field for field in row._meta.concrete_fields if field.name not in _SET_BY_THE_DATABASE]
    return {
        field.column: field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in fields
        if field.column
    }
