"""What a plan counts of the tables kept by month: a few statements, however many months there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection
from psycopg import sql

from retention.disposal import holding
from retention.disposal.partitions import Partition, partitions_of
from retention.disposal.stores import MonthStore
from retention.disposal.tallies import FIRST_DAY, Tally
from retention.models import LegalHold, MonthTally

_RANGE = sql.SQL("SELECT count(*), min({day}), max({day}) FROM {relation} WHERE {day} >= %s AND {day} < %s")
_HELD = sql.SQL("""
    WITH {spans}
    SELECT held.relname, count(*)
    FROM {relation} AS kept JOIN pg_class held ON held.oid = kept.tableoid
    WHERE {day} < %(before)s AND {covered}
    GROUP BY held.relname
""")


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows, on which days at the least and at the most, and how many of them are held."""

    rows: int
    held: int
    oldest: date | None
    newest: date | None


def count_months(store: MonthStore, before: date) -> Iterator[tuple[Partition, Count]]:
    """Yield every partition with days before a day, and what lies on them; closed months are not read again."""
    partitions = partitions_of(store.table, before=before, is_sized=True)
    closings = _closings(store, before)
    # Through the table as a whole, since the web process cannot enter its partitions.
    table = sql.Identifier(store.table)
    held = _held(store, table, before)
    for partition in partitions:
        closing = closings.get(partition.first)
        rows, oldest, newest = (
            _closed(closing, before) if closing else _range(store, table, partition.first, min(before, partition.past))
        )
        yield partition, Count(rows, held.get(partition.name, 0), oldest, newest)


def count_held_table(store: MonthStore, before: date) -> Count:
    """Count the held table's rows from before a day, and those of them that a hold in force still covers."""
    held_table = sql.Identifier(store.held_table)
    rows, oldest, newest = _range(store, held_table, FIRST_DAY, before)
    held = _held(store, held_table, before).get(store.held_table, 0) if rows else 0
    return Count(rows, held, oldest, newest)


def _closings(store: MonthStore, before: date) -> dict[date, MonthTally]:
    closings = MonthTally.objects.filter(table_name=store.table, month__lt=before).defer("days")
    return {closing.month: closing for closing in closings}


def _closed(closing: MonthTally, before: date) -> tuple[int, date | None, date | None]:
    if closing.newest is None or closing.newest < before:
        return closing.rows, closing.oldest, closing.newest
    due = Tally.of(closing).split(before)[0]
    return due.rows, due.oldest, due.newest


def _range(
    store: MonthStore, relation: sql.Identifier, lower: date, before: date
) -> tuple[int, date | None, date | None]:
    statement = _RANGE.format(day=sql.Identifier(store.day), relation=relation)
    with connection.cursor() as cursor:
        cursor.execute(statement, [lower, before])
        rows, oldest, newest = cursor.fetchone()
    return rows, oldest, newest


def _held(store: MonthStore, relation: sql.Identifier, before: date) -> dict[str, int]:
    """Return how many rows from before a day are held, by the table or partition they lie in."""
    if not LegalHold.objects.in_force().covering(store.retention_class).exists():
        return {}
    day = sql.Identifier(store.day)
    statement = _HELD.format(spans=holding.spans(), covered=holding.is_covered(day), relation=relation, day=day)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"retention_class": store.retention_class, "before": before})
        return dict(cursor.fetchall())
