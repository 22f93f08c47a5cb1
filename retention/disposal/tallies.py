"""Tallies: how many rows lie on each of some days, and a salted digest of them.

The digest of a day is SHA-256 over the digests of its groups of 1,024 accounts (those whose ids are alike but for the
last ten bits), in the order of the ids; that of a group is SHA-256(salt ‖ its rows, in the order of their key), where
a row stands as `MonthStore.row_bytes` says. The digest of several days is SHA-256 over theirs, in the order of time;
days without rows have none. docs/digests.md says it for outsiders, who may compute it anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from django.db import connection
from psycopg import sql

from retention.disposal.stores import MonthStore
from retention.models import MonthTally

SALT_BYTES = 32
FIRST_DAY = date(1900, 1, 1)
SORT_MEMORY = "SET LOCAL work_mem = '64MB'"

# In groups, since one aggregate over a large day would pass PostgreSQL's limit for a value (1 GB), and a digest for
# each row or each account would cost more than reading the rows does.
_TALLY = sql.SQL("""
    {before_it}
    SELECT {day}, sum(row_count)::bigint, sum(reading_count)::bigint,
           sha256(string_agg(digest, ''::bytea ORDER BY account_group))
    FROM (
        SELECT {day}, account_id >> 10 AS account_group, count(*) AS row_count, sum({reading_count}) AS reading_count,
               sha256(%(salt)s::bytea || string_agg({row_bytes}, ''::bytea ORDER BY {key})) AS digest
        FROM {relation} AS kept
        WHERE {day} >= %(lower)s AND {day} < %(before)s {condition}
        GROUP BY {day}, account_group
    ) AS groups
    GROUP BY {day} ORDER BY {day}
""")
_NOTHING = sql.SQL("")
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DayTally:
    """A day's rows, how many readings they hold, and their digest."""

    day: date
    rows: int
    readings: int
    digest: bytes


@dataclass(frozen=True)
class Tally:
    """What lies on some days, one after the other."""

    days: tuple[DayTally, ...]

    @classmethod
    def of(cls, closing: MonthTally) -> "Tally":
        """Return what a closed month's tally says."""
        return cls(
            tuple(
                DayTally(date.fromisoformat(each["day"]), each["rows"], each["readings"], bytes.fromhex(each["digest"]))
                for each in closing.days
            )
        )

    @cached_property
    def rows(self) -> int:
        """Return the number of rows."""
        return sum(each.rows for each in self.days)

    @property
    def readings(self) -> int:
        """Return the number of readings."""
        return sum(each.readings for each in self.days)

    @property
    def oldest(self) -> date | None:
        """Return the first day with rows."""
        return self.days[0].day if self.days else None

    @property
    def newest(self) -> date | None:
        """Return the last day with rows."""
        return self.days[-1].day if self.days else None

    @property
    def digest(self) -> bytes:
        """Return the digest over all days."""
        return sha256(b"".join(each.digest for each in self.days)).digest()

    def split(self, day: date) -> tuple["Tally", "Tally"]:
        """Return what lies before a day, and the rest."""
        return self._where(each for each in self.days if each.day < day), self._where(
            each for each in self.days if each.day >= day
        )

    def as_json(self) -> list[dict[str, Any]]:
        """Return the days in JSON types."""
        return [
            {"day": str(each.day), "rows": each.rows, "readings": each.readings, "digest": each.digest.hex()}
            for each in self.days
        ]

    def _where(self, days: Iterable[DayTally]) -> "Tally":
        return Tally(tuple(days))


def rows_between(
    store: MonthStore,
    relation: sql.Identifier,
    lower: date | None,
    before: date,
    salt: bytes,
    *,
    condition: sql.Composable = _NOTHING,
    before_it: sql.Composable = _NOTHING,
    parameters: Mapping[str, str] = _NO_PARAMETERS,
) -> Tally:
    """Count and digest the rows of [lower, before) in a relation of a store's columns.

    `condition` (AND …) chooses among them, `before_it` (WITH …) is what it or the relation needs, both with their
    `parameters`; rows go by the name `kept`.
    """
    statement = _TALLY.format(**store.names() | {"relation": relation, "condition": condition, "before_it": before_it})
    with connection.cursor() as cursor:
        cursor.execute(SORT_MEMORY)
        cursor.execute(statement, {"salt": salt, "lower": lower or FIRST_DAY, "before": before, **parameters})
        return Tally(tuple(DayTally(day, rows, readings, bytes(digest)) for day, rows, readings, digest in cursor))
