"""Tombstones: what a purge leaves of rows that had a ledger entry, so that the ledger still adds up."""

from typing import Any

from django.db import connection
from django.db.models import F, QuerySet, UUIDField, Value

from ledger.models import Witnessed
from retention.models import PurgeRun, Tombstone

_TIMES = ("created_at", "decided_at")


def leave_tombstones(rows: QuerySet[Any], retention_class: str, run: PurgeRun) -> None:
    """Write a tombstone for each of these rows, in SQL, however many there are; none where the model has no entries."""
    if not issubclass(rows.model, Witnessed):
        return
    names = {field.name for field in rows.model._meta.concrete_fields}
    uuid = F("uuid") if "uuid" in names else Value(None, output_field=UUIDField())
    recorded = next(name for name in _TIMES if name in names)
    selected = rows.order_by().values_list(
        Value(retention_class), Value(rows.model._meta.db_table), uuid, F("entry_id"), F(recorded), Value(run.pk)
    )
    statement, parameters = selected.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Tombstone._meta.db_table}"
            f" (retention_class, table_name, row_uuid, entry_id, recorded_at, run_id) {statement}",
            parameters,
        )
