"""Civil days of the provider's time zone, and the readings that start in each."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import lt
from typing import Protocol
from zoneinfo import ZoneInfo

from energy.packing import SPARSE, DayColumns, Reading

_ONE_DAY = timedelta(days=1)


class Columns(Protocol):
    """Readings of one series in columns, as a feed's batch or a day has them."""

    @property
    def starts(self) -> list[int]: ...
    @property
    def durations(self) -> list[int]: ...
    @property
    def values(self) -> list[int]: ...
    @property
    def qualities(self) -> dict[int, int]: ...
    @property
    def costs(self) -> dict[int, int]: ...
    @property
    def tous(self) -> dict[int, int]: ...
    @property
    def tiers(self) -> dict[int, int]: ...
    @property
    def cpps(self) -> dict[int, int]: ...


class Calendar:
    """Where the civil days of a time zone begin, with 23 or 25 hours where the clocks change."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.begin_of = lru_cache(maxsize=20_000)(self._begin_of)

    def day_of(self, moment: int) -> date:
        """Return the civil day of a moment in epoch seconds."""
        return datetime.fromtimestamp(moment, self.zone).date()

    def end_of(self, day: date) -> int:
        """Return the moment at which the day is over, in epoch seconds."""
        return self.begin_of(day + _ONE_DAY)

    def _begin_of(self, day: date) -> int:
        # Where midnight is skipped or repeated, the later of both readings of "00:00" parts the two days.
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return int(max(midnight.timestamp(), midnight.replace(fold=1).timestamp()))


def split_days(columns: Columns, calendar: Calendar) -> Iterator[tuple[date, DayColumns]]:
    """Yield the readings of each civil day, by the start of their interval, in the order of time."""
    if columns.starts != sorted(columns.starts):
        columns = _sorted(columns)
    sparse = [(name, *_cells(getattr(columns, name))) for name in SPARSE if getattr(columns, name)]
    starts, first = columns.starts, 0
    while first < len(starts):
        day = calendar.day_of(starts[first])
        last = bisect_left(starts, calendar.end_of(day), first)
        piece = DayColumns(starts[first:last], columns.durations[first:last], columns.values[first:last])
        for name, indexes, cells in sparse:
            low, high = bisect_left(indexes, first), bisect_left(indexes, last)
            if low < high:
                setattr(piece, name, dict(zip([i - first for i in indexes[low:high]], cells[low:high], strict=True)))
        yield day, piece
        first = last


def extend(day: DayColumns, more: DayColumns) -> None:
    """Append the readings of `more` to `day`."""
    base = len(day)
    day.starts += more.starts
    day.durations += more.durations
    day.values += more.values
    for name in SPARSE:
        cells = getattr(more, name)
        getattr(day, name).update({base + index: cell for index, cell in cells.items()})


def tidy(day: DayColumns) -> tuple[DayColumns, int]:
    """Return the day with its readings by start, and how many were left out as repetitions of another.

    Of readings that share a start but differ in anything all are kept, in the order given.
    """
    if all(map(lt, day.starts, day.starts[1:])):
        return day, 0
    rows: dict[Reading, None] = dict.fromkeys(day.readings())
    kept = sorted(rows, key=lambda row: row.start)
    return DayColumns.of(kept), len(day) - len(kept)


def _sorted(columns: Columns) -> DayColumns:
    every = DayColumns(columns.starts, columns.durations, columns.values)
    for name in SPARSE:
        setattr(every, name, getattr(columns, name))
    return DayColumns.of(sorted(every.readings(), key=lambda row: row.start))


def _cells(cells: dict[int, int]) -> tuple[list[int], list[int]]:
    indexes = sorted(cells)
    return indexes, [cells[index] for index in indexes]
