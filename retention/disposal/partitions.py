"""The monthly partitions as the database's catalogue has them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from retention.errors import RetentionError

_BOUNDS = re.compile(r"^FOR VALUES FROM \('(\d{4}-\d\d-\d\d)'\) TO \('(\d{4}-\d\d-\d\d)'\)$")
# A partition's size is asked of the file system, file by file; so only where somebody wants to know.
_PARTITIONS = """
    SELECT wanted.name, namespace.nspname, child.relname, bound.says,
           CASE WHEN %(is_sized)s OR child.relname = ANY (%(names)s) THEN pg_total_relation_size(child.oid) ELSE 0 END,
           link.inhdetachpending,
           EXISTS (SELECT FROM pg_policy WHERE polrelid = link.inhparent AND polname = 'keeper')
    FROM unnest(%(tables)s::text[], %(befores)s::date[]) AS wanted (name, before)
    JOIN pg_inherits link ON link.inhparent = wanted.name::regclass
    JOIN pg_class child ON child.oid = link.inhrelid
    JOIN pg_namespace namespace ON namespace.oid = child.relnamespace
    CROSS JOIN LATERAL (SELECT pg_get_expr(child.relpartbound, child.oid) AS says) bound
    WHERE link.inhdetachpending OR bound.says IS NULL
       OR coalesce(substring(bound.says FROM '\\d{4}-\\d\\d-\\d\\d')::date < wanted.before, true)
       OR child.relname = ANY (%(names)s)
"""
_KEEPER = "SELECT EXISTS (SELECT FROM pg_policy WHERE polrelid = %s::regclass AND polname = 'keeper')"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: its schema and table, its first day, the first day after it.

    `bytes` is its size on disk with indexes where that was asked for, else 0; `is_in_sight` says whether row security
    lets the purge see every row of its table.
    """

    schema: str
    name: str
    first: date
    past: date
    bytes: int
    is_in_sight: bool

    @property
    def table(self) -> sql.Identifier:
        """Return the table as statements name it."""
        return sql.Identifier(self.schema, self.name)


def partitions_of(table: str, *, before: date = date.max) -> list[Partition]:
    """Return a table's partitions that begin before a day, the oldest first.

    Raises RetentionError when one is half detached (somebody's interrupted DETACH … CONCURRENTLY): its rows have left
    the table's sight and are not deleted, so nothing can be said of them until that is finished.
    """
    return _read({table: before})[table]


def partitions_around(table: str, *, before: date, names: Collection[str]) -> list[Partition]:
    """Return a table's partitions as `partitions_of` does, those of these names always and with their sizes."""
    return _read({table: before}, names=names)[table]


def sized_partitions(befores: Mapping[str, date]) -> dict[str, list[Partition]]:
    """Return the partitions of each table that begin before its day as `partitions_of` does, with their sizes."""
    return _read(befores, is_sized=True)


def _read(
    befores: Mapping[str, date], *, names: Collection[str] = (), is_sized: bool = False
) -> dict[str, list[Partition]]:
    tables, days = list(befores), list(befores.values())
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, {"tables": tables, "befores": days, "names": list(names), "is_sized": is_sized})
        rows = cursor.fetchall()
    found: dict[str, list[Partition]] = {table: [] for table in befores}
    for table, schema, partition, expression, size, is_pending, is_in_sight in rows:
        if size is None:
            continue  # dropped while the catalogue was read
        bounds = _BOUNDS.match(expression or "")
        if is_pending or bounds is None:
            raise RetentionError(
                _("%(name)s is not a whole monthly partition. Finish its DETACH (FINALIZE) or mend its bounds first.")
                % {"name": partition}
            )
        first, past = map(date.fromisoformat, bounds.groups())
        found[table].append(Partition(schema, partition, first, past, size, is_in_sight))
    return {table: sorted(months, key=lambda each: each.first) for table, months in found.items()}


def require_sight(table: str) -> None:
    """Refuse to go on when row security could hide rows of a table from the purge: they would be dropped unseen."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEPER, [table])
        (has_keeper,) = cursor.fetchone()
    refuse_blindness(table, is_in_sight=has_keeper)


def refuse_blindness(table: str, *, is_in_sight: bool) -> None:
    """Raise RetentionError unless the purge sees every row of a table."""
    if not is_in_sight:
        raise RetentionError(_("Row security of %(name)s hides rows from the purge; migrate first.") % {"name": table})
