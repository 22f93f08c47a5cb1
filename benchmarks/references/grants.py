"""Bare INSERTs of the rows that a grant writes: what the database takes, without anything around it."""

import os
from typing import Any
from uuid import uuid4

from django.db import connection

from accounts.models import Customer
from consent.models import Consent, Receipt
from ledger.models import Entry

Row = dict[str, Any]
_SET_BY_THE_DATABASE = {"id", "created_at", "changed_at", "number"}


def rows_of(consent: Consent) -> dict[str, Row]:
    """Return what a grant has written, by table, as the columns that an INSERT names."""
    version = consent.versions.get()
    receipt, served = Receipt.objects.get(version=version), version.served_notice
    entry = Entry.objects.get(pk=version.entry_id)
    assert served is not None
    head = Consent(uuid=consent.uuid, customer=consent.customer, recipient=consent.recipient, purpose=consent.purpose)
    return {row._meta.db_table: _columns(row) for row in (entry, head, served, version, receipt)}


def insert_same_rows(rows: dict[str, Row], customer: Customer, *, statements: int) -> None:
    """Insert the same rows for another customer, one statement a row, and as many empty ones as are left over."""
    with connection.cursor() as cursor:
        ids: dict[str, int] = {}
        entry = {**rows["ledger_entry"], "commitment": os.urandom(32)}
        ids["entry"] = _insert(cursor, "ledger_entry", entry)
        mine = {"customer_id": customer.pk}
        ids["head"] = _insert(cursor, "consent_consent", {**rows["consent_consent"], **mine, "uuid": uuid4()})
        ids["served"] = _insert(
            cursor, "consent_servednotice", {**rows["consent_servednotice"], **mine, "uuid": uuid4()}
        )
        version = {
            **rows["consent_consentversion"],
            **mine,
            "uuid": uuid4(),
            "request_id": uuid4(),
            "consent_id": ids["head"],
            "served_notice_id": ids["served"],
            "entry_id": ids["entry"],
        }
        ids["version"] = _insert(cursor, "consent_consentversion", version)
        receipt = {**rows["consent_receipt"], **mine, "uuid": uuid4(), "version_id": ids["version"]}
        _insert(cursor, "consent_receipt", receipt)
        for _ in range(statements - len(rows)):
            cursor.execute("SELECT")


def _insert(cursor: Any, table: str, row: Row) -> int:
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id"  # noqa: S608 (names of our own columns)
    cursor.execute(sql, list(row.values()))
    return int(cursor.fetchone()[0])


def _columns(row: Any) -> Row:
    fields = [field for field in row._meta.concrete_fields if field.name not in _SET_BY_THE_DATABASE]
    return {field.column: field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields}
