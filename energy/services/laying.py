"""Lay staged days over the stored ones.

Most days of most files are new, or known to the byte; those go by set-based statements, and only the others are merged
one by one.
"""

# ruff: noqa: S608 - the SQL is put together from the names of columns, never from values
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection

from energy.days import extend, tidy
from energy.errors import ImportRefused
from energy.merging import Merged, Outcome, merge_day
from energy.models import ReadingOverride
from energy.packing import DayColumns, PackedDay, pack_day, unpack_day

_PACKED = PackedDay._fields
_COLUMNS = ", ".join(f'"{name}"' for name in _PACKED)
_STORED = ", ".join(f'd."{name}"' for name in _PACKED)
_STAGED = "s.start, " + ", ".join(f's."{name}"' for name in _PACKED[1:])
_PLACES = "unnest(%(series)s::int[], %(accounts)s::bigint[], %(points)s::bigint[], %(types)s::bigint[])"
_JOINED = f"staged_day s JOIN {_PLACES} AS p (series, account_id, usage_point_id, reading_type_id) USING (series)"
_INSERT = f"""
WITH inserted AS (
    INSERT INTO energy_dayreading
        (account_id, usage_point_id, reading_type_id, day, import_run_id, {_COLUMNS})
    SELECT p.account_id, p.usage_point_id, p.reading_type_id, s.day, %(run)s, to_timestamp(s.start),
        {", ".join(f's."{name}"' for name in _PACKED[1:])}
    FROM {_JOINED} ORDER BY s.day
    ON CONFLICT DO NOTHING
    RETURNING reading_count
) SELECT count(*), coalesce(sum(reading_count), 0) FROM inserted
"""
_KNOWN = f"""
FROM {_JOINED} JOIN energy_dayreading d USING (account_id, usage_point_id, reading_type_id, day)
WHERE d.account_id = ANY (%(accounts)s::bigint[]) AND d.day BETWEEN %(first)s AND %(last)s
    AND d.import_run_id <> %(run)s
"""
_SAME = f"""
({", ".join(f's."{name}"' for name in _PACKED[1:])}, to_timestamp(s.start)) IS NOT DISTINCT FROM
({", ".join(f'd."{name}"' for name in _PACKED[1:])}, d.start)
"""
_UPSERT = f"""
INSERT INTO energy_dayreading (account_id, usage_point_id, reading_type_id, day, import_run_id, {_COLUMNS})
VALUES ({", ".join(["%s"] * (5 + len(_PACKED)))})
ON CONFLICT (account_id, usage_point_id, reading_type_id, day) DO UPDATE
SET import_run_id = excluded.import_run_id, {", ".join(f'"{name}" = excluded."{name}"' for name in _PACKED)}
"""

_NOTE_SERIES = """
INSERT INTO energy_series AS known (account_id, usage_point_id, reading_type_id, first_day, last_day)
SELECT account_id, usage_point_id, reading_type_id, min(first_day), max(last_day)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[], %s::date[])
    AS met (account_id, usage_point_id, reading_type_id, first_day, last_day)
GROUP BY 1, 2, 3
ON CONFLICT (account_id, usage_point_id, reading_type_id) DO UPDATE
SET first_day = least(known.first_day, excluded.first_day), last_day = greatest(known.last_day, excluded.last_day)
WHERE known.first_day > excluded.first_day OR known.last_day < excluded.last_day
"""


class Place(NamedTuple):
    """Where the readings of a series belong."""

    account_id: int
    usage_point_id: int
    reading_type_id: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing did: readings by outcome, days touched, and the corrections and conflicts in it."""

    outcomes: Counter[Outcome]
    updated_days: list[date]
    overridden: list[datetime]


class Laying:
    """Lay the staged days over the stored ones."""

    def __init__(
        self, places: list[Place], staged: Mapping[int, set[date]], run_id: int, outcomes: Counter[Outcome]
    ) -> None:
        self._places = places
        self._run_id = run_id
        self._outcomes = outcomes
        self._updated: list[date] = []
        self._overridden: list[datetime] = []
        every = [day for days in staged.values() for day in days]
        series, accounts, points, types = zip(*((n, *place) for n, place in enumerate(places)), strict=True)
        self._given: dict[str, Any] = {
            "series": list(series),
            "accounts": list(accounts),
            "points": list(points),
            "types": list(types),
            "first": min(every),
            "last": max(every),
            "run": run_id,
        }
        self._overrides = self._read_overrides()
        self._met = [(*places[number], min(days), max(days)) for number, days in staged.items()]

    def note_series(self) -> None:
        """Note from which day to which the series reach."""
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_SERIES, [list(column) for column in zip(*self._met, strict=True)])

    def untangle(self, *, is_tangled: bool) -> None:
        """Merge the days that occur twice in the file, or that have a value of the customer's."""
        keys = {(place, day) for place, days in self._overrides.items() for day in days}
        if is_tangled or len(set(self._places)) < len(self._places):
            keys |= self._repeated_days()
        if not keys:
            return
        series = [(number, day) for number, place in enumerate(self._places) for other, day in keys if other == place]
        given = {"numbers": [number for number, _ in series], "days": [day for _, day in series]}
        rows = self._fetch(
            f"WITH taken AS (DELETE FROM staged_day s USING unnest(%(numbers)s::int[], %(days)s::date[]) AS t (n, day)"
            f" WHERE s.series = t.n AND s.day = t.day RETURNING s.number, s.series, s.day, {_STAGED})"
            " SELECT * FROM taken ORDER BY number",
            given,
        )
        arrived: dict[tuple[Place, date], DayColumns] = {}
        for _number, number, day, *packed in rows:
            extend(arrived.setdefault((self._places[number], day), DayColumns()), unpacked(packed))
        stored = self._stored_days(arrived)
        for key, columns in arrived.items():
            tidied, repeated = tidy(columns)
            self._outcomes[Outcome.SKIPPED] += repeated
            self._merge(*key, stored.get(key), tidied)

    def insert_new(self) -> None:
        """Insert the days that are not stored yet; count those that are stored alike, and merge the others."""
        (staged,) = self._fetch("SELECT count(*) FROM staged_day", {})[0]
        inserted, readings = self._fetch(_INSERT, self._given)[0]
        self._outcomes[Outcome.INSERTED] += readings
        if inserted == staged:
            return
        count = f"SELECT coalesce(sum(s.reading_count) FILTER (WHERE {_SAME}), 0) {_KNOWN}"
        self._outcomes[Outcome.UNCHANGED] += self._fetch(count, self._given)[0][0]
        differing = f"SELECT s.series, s.day, {_STAGED}, {_STORED} {_KNOWN} AND NOT {_SAME} ORDER BY s.number"
        size = len(_PACKED)
        for number, day, *cells in self._fetch(differing, self._given):
            stored = unpacked(cells[size:])
            self._merge(self._places[number], day, stored, unpacked(cells[:size]))

    def result(self) -> Stored:
        """Return what was done."""
        return Stored(self._outcomes, self._updated, self._overridden)

    def _merge(self, place: Place, day: date, stored: DayColumns | None, arrived: DayColumns) -> None:
        merged = merge_day(stored, arrived, self._overrides.get(place, {}).get(day, {}))
        self._outcomes += merged.outcomes
        self._overridden += [datetime.fromtimestamp(start, UTC) for start in merged.overridden]
        if merged.outcomes[Outcome.UPDATED]:
            self._updated.append(day)
        if merged.is_changed:
            self._write(place, day, merged)

    def _write(self, place: Place, day: date, merged: Merged) -> None:
        row = packed(merged.day)
        start = datetime.fromtimestamp(row.start, UTC)
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, [*place, day, self._run_id, start, *row[1:]])

    def _repeated_days(self) -> set[tuple[Place, date]]:
        rows = self._fetch(
            f"SELECT account_id, usage_point_id, reading_type_id, s.day FROM {_JOINED} GROUP BY 1, 2, 3, 4"
            " HAVING count(*) > 1",
            self._given,
        )
        return {(Place(*row[:3]), row[3]) for row in rows}

    def _stored_days(self, keys: Iterable[tuple[Place, date]]) -> dict[tuple[Place, date], DayColumns]:
        places, days = zip(*keys, strict=True)
        accounts, points, types = zip(*places, strict=True)
        rows = self._fetch(
            f"SELECT account_id, usage_point_id, reading_type_id, day, {_STORED} FROM energy_dayreading d"
            " WHERE (account_id, usage_point_id, reading_type_id, day) IN (SELECT * FROM unnest(%(accounts)s::bigint[],"
            " %(points)s::bigint[], %(types)s::bigint[], %(days)s::date[]))"
            " AND account_id = ANY (%(accounts)s::bigint[]) AND day BETWEEN %(first)s AND %(last)s",
            {"accounts": list(accounts), "points": list(points), "types": list(types), "days": list(days)}
            | {"first": min(days), "last": max(days)},
        )
        return {(Place(*row[:3]), row[3]): unpacked(row[4:]) for row in rows}

    def _read_overrides(self) -> dict[Place, dict[date, dict[int, int]]]:
        found: dict[Place, dict[date, dict[int, int]]] = {}
        period = self._given["first"], self._given["last"]
        overrides = ReadingOverride.objects.filter(account__in=set(self._given["accounts"]), day__range=period)
        for account, point, kind, day, start, value in overrides.values_list(
            "account_id", "usage_point_id", "reading_type_id", "day", "start", "value"
        ):
            days = found.setdefault(Place(account, point, kind), {})
            days.setdefault(day, {})[int(start.timestamp())] = value
        return found

    def _fetch(self, sql: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            return list(cursor.fetchall())


def packed(day: DayColumns) -> PackedDay:
    """Pack a day to be stored. Raises ImportRefused where its total is beyond 64 bits."""
    row = pack_day(day)
    if not -(1 << 63) <= row.total < 1 << 63:
        raise ImportRefused(
            "The readings of one day add up to more than any meter counts.", remedy="Ask the utility for another file."
        )
    return row


def unpacked(cells: Iterable[Any]) -> DayColumns:
    """Unpack the cells of a staged or stored day, its start in epoch seconds or a datetime."""
    row = PackedDay(*cells)
    return unpack_day(row, row.start if isinstance(row.start, int) else int(row.start.timestamp()))
