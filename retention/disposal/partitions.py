"""The monthly partitions as the database's catalogue has them."""

import re
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg import sql

from retention.errors import RetentionError

_BOUNDS = re.compile(r"^FOR VALUES FROM \('(\d{4}-\d\d-\d\d)'\) TO \('(\d{4}-\d\d-\d\d)'\)$")
_PARTITIONS = """
    SELECT namespace.nspname, child.relname, pg_get_expr(child.relpartbound, child.oid),
           pg_total_relation_size(child.oid), link.inhdetachpending
    FROM pg_inherits link JOIN pg_class child ON child.oid = link.inhrelid
    JOIN pg_namespace namespace ON namespace.oid = child.relnamespace
    WHERE link.inhparent = %s::regclass
"""
_KEEPER = "SELECT EXISTS (SELECT FROM pg_policy WHERE polrelid = %s::regclass AND polname = 'keeper')"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition: its schema and table, its first day, the first day after it, its size on disk with indexes."""

    schema: str
    name: str
    first: date
    past: date
    bytes: int

    @property
    def table(self) -> sql.Identifier:
        """Return the table as statements name it."""
        return sql.Identifier(self.schema, self.name)


def partitions_of(table: str) -> list[Partition]:
    """Return a table's partitions, the oldest first.

    Raises RetentionError when one is half detached (somebody's interrupted DETACH … CONCURRENTLY): its rows have left
    the table's sight and are not deleted, so nothing can be said of them until that is finished.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [table])
        rows = cursor.fetchall()
    found = []
    for schema, name, expression, size, is_pending in rows:
        bounds = _BOUNDS.match(expression or "")
        if is_pending or bounds is None:
            raise RetentionError(
                _("%(name)s is not a whole monthly partition. Finish its DETACH (FINALIZE) or mend its bounds first.")
                % {"name": name}
            )
        found.append(Partition(schema, name, date.fromisoformat(bounds[1]), date.fromisoformat(bounds[2]), size))
    return sorted(found, key=lambda partition: partition.first)


def require_sight(table: str) -> None:
    """Refuse to go on when row security could hide rows of a table from the purge: they would be dropped unseen."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEPER, [table])
        (has_keeper,) = cursor.fetchone()
    if not has_keeper:
        raise RetentionError(_("Row security of %(name)s hides rows from the purge; migrate first.") % {"name": table})
