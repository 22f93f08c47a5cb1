"""Local times as a feed writes them, and the moments they name on days when the clocks change."""

from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Moments(NamedTuple):
    """What a local time names, in epoch seconds: one moment twice, two in the hour that autumn repeats."""

    first: int
    second: int


class Stamps:
    """Read stamps with one form, in one zone unless they carry an offset.

    Reading a stamp gives its moments, `None` where the clocks skipped that time, and raises ValueError for no stamp.
    """

    def __init__(self, zone: ZoneInfo, form: str = "") -> None:
        self._zone = zone
        self._form = form
        self.moments: Callable[[str], Moments | None] = lru_cache(maxsize=50_000)(self._moments)

    def _moments(self, text: str) -> Moments | None:
        stamp = datetime.strptime(text, self._form) if self._form else datetime.fromisoformat(text)  # noqa: DTZ007
        if stamp.tzinfo is None:
            return moments_of(stamp, self._zone)
        exact = _epoch(stamp)
        return Moments(exact, exact)


class Passes:
    """Tell which pass through autumn's repeated hour a row belongs to, series by series, from the order of the file."""

    def __init__(self) -> None:
        self._last: dict[Hashable, tuple[int, bool | None]] = {}

    def choose(self, series: Hashable, moments: Moments) -> int:
        """Return the moment that goes on from the series' row before, in files that rise or fall with time."""
        last, is_falling = self._last.get(series, (None, None))
        if last is None:
            self._last[series] = moments.first, None
            return moments.first
        chosen = _goes_on(last, is_falling, moments)
        self._last[series] = chosen, is_falling if chosen == last else chosen < last
        return chosen


def _goes_on(last: int, is_falling: bool | None, moments: Moments) -> int:
    is_past = last > moments.second
    if is_falling or (is_falling is None and is_past):
        return moments.second if is_past else moments.first
    return moments.second if moments.first <= last <= moments.second else moments.first


def moments_of(wall: datetime, zone: ZoneInfo) -> Moments | None:
    """Return what a wall clock's reading names in `zone`; None where the clocks skipped it.

    Raises ValueError for years that no clock of ours shows.
    """
    first, second = (_epoch(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if datetime.fromtimestamp(first, UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(microsecond=0):
        return None
    return Moments(first, second)


def day_of(text: str, form: str) -> date:
    """Return the civil day that a cell names, in the form given or as ISO 8601. Raises ValueError for none."""
    if form:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 (a civil day has no zone)
    return date.fromisoformat(text)


def wall_clock(day: date, seconds: int) -> datetime:
    """Return the reading of the wall clock so many seconds after it showed midnight."""
    return datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)  # noqa: DTZ001


def _epoch(stamp: datetime) -> int:
    if not 1900 <= stamp.year < 9999:
        raise ValueError("The year is not believable.")
    return int(stamp.timestamp())
