"""What a plan counts of the tables kept by month: a few statements, however many months there are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection
from psycopg import sql

from retention.disposal import holding
from retention.disposal.partitions import Partition, sized_partitions
from retention.disposal.stores import MonthStore
from retention.disposal.tallies import Tally
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


def count_months(
    befores: Mapping[MonthStore, date], holds: Iterable[LegalHold]
) -> dict[str, list[tuple[Partition, Count]]]:
    """Return, per class, every partition with days before its day, and what lies on them.

    Closed months are not read again, and nothing is asked of classes that none of the holds in force is on.
    """
    closings = _closings(befores)
    partitions = sized_partitions({store.table: before for store, before in befores.items()})
    classes = {code for hold in holds for code in hold.retention_classes}
    return {
        store.retention_class: list(
            _months(store, partitions[store.table], before, closings, is_held=store.retention_class in classes)
        )
        for store, before in befores.items()
    }


def count_held_tables(befores: Mapping[MonthStore, date], holds: Iterable[LegalHold]) -> dict[str, Count]:
    """Count, per class, the held table's rows from before its day, and those of them that a hold in force covers."""
    classes = {code for hold in holds for code in hold.retention_classes}
    found = {}
    for code, (rows, oldest, newest) in _held_ranges(befores).items():
        store, before = next(each for each in befores.items() if each[0].retention_class == code)
        held_table = sql.Identifier(store.held_table)
        held = _held(store, held_table, before).get(store.held_table, 0) if rows and code in classes else 0
        found[code] = Count(rows, held, oldest, newest)
    return found


def _months(
    store: MonthStore,
    partitions: Iterable[Partition],
    before: date,
    closings: Mapping[tuple[str, date], MonthTally],
    *,
    is_held: bool,
) -> Iterator[tuple[Partition, Count]]:
    # Through the table as a whole, since the web process cannot enter its partitions.
    table = sql.Identifier(store.table)
    held = _held(store, table, before) if is_held else {}
    for partition in partitions:
        closing = closings.get((store.table, partition.first))
        rows, oldest, newest = (
            _closed(closing, before) if closing else _range(store, table, partition.first, min(before, partition.past))
        )
        yield partition, Count(rows, held.get(partition.name, 0), oldest, newest)


def _closings(befores: Mapping[MonthStore, date]) -> dict[tuple[str, date], MonthTally]:
    tables = [store.table for store in befores]
    if not tables:
        return {}
    closings = MonthTally.objects.filter(table_name__in=tables, month__lt=max(befores.values())).defer("days")
    return {(closing.table_name, closing.month): closing for closing in closings}


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


def _held_ranges(befores: Mapping[MonthStore, date]) -> dict[str, tuple[int, date | None, date | None]]:
    if not befores:
        return {}
    each = sql.SQL("SELECT {code}, count(*), min({day}), max({day}) FROM {relation} WHERE {day} < {before}")
    statement = sql.SQL(" UNION ALL ").join(
        each.format(
            code=sql.Literal(store.retention_class),
            day=sql.Identifier(store.day),
            relation=sql.Identifier(store.held_table),
            before=sql.Literal(before),
        )
        for store, before in befores.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {code: (rows, oldest, newest) for code, rows, oldest, newest in cursor.fetchall()}


def _held(store: MonthStore, relation: sql.Identifier, before: date) -> dict[str, int]:
    """Return how many rows from before a day are held, by the table or partition they lie in."""
    day = sql.Identifier(store.day)
    statement = _HELD.format(spans=holding.spans(), covered=holding.is_covered(day), relation=relation, day=day)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"retention_class": store.retention_class, "before": before})
        return dict(cursor.fetchall())
