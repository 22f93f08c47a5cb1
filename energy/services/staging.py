"""The way of readings into the database: packed by day, copied into a temporary table, laid over what is stored.

COPY straight into a table with row security is refused by PostgreSQL, hence the temporary table.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

from django.db import connection

from energy.days import Calendar, Columns, extend, split_days, tidy
from energy.merging import Outcome
from energy.packing import DayColumns
from energy.services.laying import Laying, Place, Stored, packed
from energy.services.months import make_months

ROWS_A_COPY = 1000
_CREATE = """
CREATE TEMPORARY TABLE staged_day (
    number integer, series integer, day date, start bigint, interval_length integer, reading_count integer,
    total bigint, "values" bytea, offsets bytea, durations bytea, qualities bytea, costs bytea, tous bytea, tiers bytea,
    cpps bytea
) ON COMMIT DROP
"""
_TYPES = ["int4", "int4", "date", "int8", "int4", "int4", "int8", *["bytea"] * 8]


class Stage:
    """Gather the readings of one file by series, then store them in one go.

    Readings before `first_day` or after `last_day` are counted in `too_old` and `too_new` and left out.
    """

    def __init__(self, *, calendar: Calendar, first_day: date, last_day: date) -> None:
        self._calendar = calendar
        self._first_day, self._last_day = first_day, last_day
        self._series: dict[Hashable, int] = {}
        self._open: dict[int, tuple[date, DayColumns]] = {}
        self._staged: defaultdict[int, set[date]] = defaultdict(set)
        self._rows: list[tuple[Any, ...]] = []
        self._copied = 0
        self._is_tangled = False
        self.days: set[date] = set()
        self.first: int | None = None
        self.last: int | None = None
        self.too_old = self.too_new = self.repeated = self.staged = 0

    def add(self, series: Hashable, columns: Columns) -> None:
        """Add readings of a series, of any length and in any order."""
        number = self._series.setdefault(series, len(self._series))
        for day, piece in split_days(columns, self._calendar):
            self._witness(day, piece)
            if not self._first_day <= day <= self._last_day:
                self._refuse(day, piece)
                continue
            waiting = self._open.get(number)
            if waiting and waiting[0] == day:
                extend(waiting[1], piece)
                continue
            if waiting:
                self._stage(number, *waiting)
            self._open[number] = day, piece

    def store(self, places: Mapping[Any, Place], *, run_id: int) -> Stored:
        """Lay all that was added over what is stored; every series needs a place. In the caller's transaction.

        The months are made, accounts are locked against other imports, and days that differ are merged.
        """
        for number, waiting in sorted(self._open.items()):
            self._stage(number, *waiting)
        self._open.clear()
        self._copy()
        outcomes = Counter({Outcome.SKIPPED: self.too_old + self.too_new + self.repeated})
        if not self._copied:
            return Stored(outcomes, [], [])
        make_months("energy_dayreading", {day.replace(day=1) for days in self._staged.values() for day in days})
        laying = Laying([places[series] for series in self._series], self._staged, run_id, outcomes)
        laying.untangle(is_tangled=self._is_tangled)
        laying.insert_new()
        laying.note_series()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE staged_day")
        return laying.result()

    def _witness(self, day: date, piece: DayColumns) -> None:
        self.days.add(day)
        first, last = piece.starts[0], piece.starts[-1]
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def _refuse(self, day: date, piece: DayColumns) -> None:
        if day < self._first_day:
            self.too_old += len(piece)
        else:
            self.too_new += len(piece)

    def _stage(self, number: int, day: date, columns: DayColumns) -> None:
        columns, repeated = tidy(columns)
        self.repeated += repeated
        self._is_tangled |= day in self._staged[number]
        self._staged[number].add(day)
        self._rows.append((self._copied + len(self._rows), number, day, *packed(columns)))
        if len(self._rows) >= ROWS_A_COPY:
            self._copy()

    def _copy(self) -> None:
        if not self._rows:
            return
        with connection.cursor() as cursor:
            if not self._copied:
                cursor.execute(_CREATE)
            with cursor.copy("COPY staged_day FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(_TYPES)
                for row in self._rows:
                    copy.write_row(row)
        self._copied += len(self._rows)
        self._rows.clear()
