from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple

from energy.csvfeed.mapping import UNIT_NAMES, UNITS, Form, Mapping
from energy.csvfeed.numbers import decimal_of, scaled
from energy.csvfeed.table import Table
from energy.csvfeed.times import Passes, Stamps, day_of, moments_of, wall_clock
from energy.greenbutton.codes import FORWARD, QUALITY, REVERSE

_DIRECTIONS = {"forward": FORWARD, "import": FORWARD, "delivered": FORWARD}
_DIRECTIONS |= {"reverse": REVERSE, "export": REVERSE, "received": REVERSE}
_LONGEST_NAME = 200
_MOST_MINUTES = 60 * 24 * 100
_COST_DIGITS = 5
_EMPTY = frozenset({"", "0", "0.0", "0.00", "0.000"})
_LEFT_OUT = "The reading was left out"


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What tells one series of readings from another: account, usage point, unit and direction of flow."""

    account_number: str
    usage_point: str
    unit: str
    flow_direction: int


class ReadingRow(NamedTuple):
    """One reading: start in epoch seconds UTC, duration in seconds, value before its series' power of ten.

    The power of ten of a series is `mapping.power_of_ten(unit)`. `quality` is an ESPI code or None, `cost`
    hundred-thousandths of the currency or None.
    """

    line: int
    series: SeriesKey
    start: int
    duration: int
    value: int
    quality: int | None = None
    cost: int | None = None


def read_readings(table: Table) -> Iterator[ReadingRow]:
    """Yield every reading of a feed in long or wide form, in the order of the file.

    Each reading in the file is yielded, or counted in `table.skipped` with a finding. Local times that a day in spring
    does not have are skipped; in autumn the second row (long) or the repeated columns (wide) give the second hour.
    """
    return _Long(table).read() if table.mapping.form is Form.READINGS_LONG else _Wide(table).read()


class _Rows:
    """What both forms have in common: whose reading, in which unit, how good."""

    def __init__(self, table: Table) -> None:
        self.table, self.mapping = table, table.mapping
        self._series: dict[tuple[str, ...], SeriesKey | str] = {}
        self._named = [
            self.mapping.columns.get(name) for name in ("account_number", "usage_point", "unit", "direction")
        ]
        self._quality_head = self.mapping.columns.get("quality")

    def series(self, line: int, cells: dict[str, str]) -> SeriesKey | None:
        given = tuple(cells[head] if head else "" for head in self._named)
        known = self._series.get(given)
        if known is None:
            known = self._series[given] = self._series_of(*given)
        if isinstance(known, SeriesKey):
            return known
        readings = self.mapping.count_a_row
        self.table.find(line, "invalid-series", known, "The row was left out", skipped=readings)
        return None

    def number(self, line: int, text: str, digits: int, name: str) -> int | None:
        number = decimal_of(text, decimal_comma=self.mapping.decimal_comma)
        if number is None:
            self.skip(line, "value-not-a-number", f"{name} is {text[:60]!r}")
            return None
        fitting = scaled(number, digits)
        if fitting is None:
            self.skip(line, "value-out-of-range", f"{name} is {text[:60]}, more than is believable")
            return None
        value, is_rounded = fitting
        if is_rounded:
            message = f"{name} is {text[:60]}: more than {digits} digits after the point"
            self.table.find(line, "value-rounded", message, "It was rounded")
        return value

    def quality(self, line: int, cells: dict[str, str]) -> int | None:
        text = cells[self._quality_head] if self._quality_head else ""
        if not text:
            return None
        if text in self.mapping.qualities:
            return self.mapping.qualities[text]
        if text.isdecimal() and int(text[:9]) in QUALITY:
            return int(text[:9])
        message = f"quality is {text[:60]!r}, which neither ESPI nor [qualities] of the mapping has"
        self.table.find(line, "unknown-code", message, "The reading was kept without it")
        return None

    def skip(self, line: int, code: str, message: str) -> None:
        self.table.find(line, code, message, _LEFT_OUT, skipped=1)

    def _series_of(self, account: str, point: str, unit: str, direction: str) -> SeriesKey | str:
        """Return the series that these cells name, or what is wrong with them."""
        known = UNIT_NAMES.get((unit or self.mapping.unit).lower())
        flow = _DIRECTIONS.get((direction or self.mapping.direction).lower())
        if not account or not point:
            return "Account number or usage point is empty"
        if len(point) > _LONGEST_NAME:
            return f"The usage point has more than {_LONGEST_NAME} characters"
        if known is None:
            return f"The unit {unit[:60]!r} is not known; known: {', '.join(UNITS)}"
        if flow is None:
            return f"The direction {direction[:60]!r} is not known; known: {', '.join(_DIRECTIONS)}"
        return SeriesKey(account, point, known, flow)


class _Long(_Rows):
    """One reading a row."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._stamps = Stamps(self.mapping.time_zone, self.mapping.time_format)
        self._passes = Passes()
        self._minutes_head, self._cost_head = (self.mapping.columns.get(name) for name in ("minutes", "cost"))

    def read(self) -> Iterator[ReadingRow]:
        """Yield the readings."""
        value_head = self.mapping.columns["value"]
        for line, cells in self.table.rows:
            series = self.series(line, cells)
            if series is None:
                continue
            if not cells[value_head]:
                self.skip(line, "missing-value", "value is empty")
                continue
            start = self._start(line, series, cells)
            if start is None:
                continue
            value = self.number(line, cells[value_head], self.mapping.digits(series.unit), "value")
            if value is None:
                continue
            quality, cost = self.quality(line, cells), self._cost(line, cells)
            yield ReadingRow(line, series, start, self._duration(line, cells), value, quality, cost)

    def _start(self, line: int, series: SeriesKey, cells: dict[str, str]) -> int | None:
        text = cells[self.mapping.columns["start"]]
        try:
            moments = self._stamps.moments(text)
        except (ValueError, OverflowError):
            self.skip(line, "time-not-a-time", f"start is {text[:60]!r}, which is no time of the mapping's form")
            return None
        if moments is None:
            message = f"start is {text[:60]!r}, a time that the clocks skipped"
            self.skip(line, "time-does-not-exist", message)
            return None
        return self._passes.choose(series, moments)

    def _duration(self, line: int, cells: dict[str, str]) -> int:
        text = cells[self._minutes_head] if self._minutes_head else ""
        if not text:
            return self.mapping.interval_seconds
        minutes = int(text) if text.isdecimal() and len(text) < len(str(_MOST_MINUTES)) + 1 else 0
        if 1 <= minutes <= _MOST_MINUTES:
            return minutes * 60
        message = f"minutes is {text[:60]!r}"
        self.table.find(line, "invalid-duration", message, "The mapping's interval was taken")
        return self.mapping.interval_seconds

    def _cost(self, line: int, cells: dict[str, str]) -> int | None:
        text = cells[self._cost_head].replace("$", "").strip() if self._cost_head else ""
        if not text:
            return None
        number = decimal_of(text, decimal_comma=self.mapping.decimal_comma)
        fitting = scaled(number, _COST_DIGITS) if number is not None else None
        if fitting is None:
            message = f"cost is {text[:60]!r}, which is no amount"
            self.table.find(line, "cost-not-a-number", message, "The reading was kept without it")
            return None
        return fitting[0]


class _Plan(NamedTuple):
    """What the columns of a wide row mean on one day.

    `starts` are the columns with a moment, `absent` those without, with the reason, and `gap` tells of an hour that the
    file has no column for.
    """

    starts: list[tuple[str, int]]
    absent: list[tuple[str, str]]
    gap: str


class _Wide(_Rows):
    """One day a row."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._plan: Callable[[date], _Plan] = lru_cache(maxsize=10_000)(partial(_plan_of, mapping=self.mapping))

    def read(self) -> Iterator[ReadingRow]:
        """Yield the readings."""
        for line, cells in self.table.rows:
            series = self.series(line, cells)
            day = self._day(line, cells) if series else None
            if series is None or day is None:
                continue
            quality = self.quality(line, cells)
            digits = self.mapping.digits(series.unit)
            plan = self._plan(day)
            for head, why in plan.absent:
                if cells[head] not in _EMPTY:
                    self.skip(line, "time-does-not-exist", f"{day} {why}, yet {head} holds a value")
            if plan.gap:
                self.table.find(line, "hour-not-repeated", f"{day} {plan.gap}", "The second is a gap")
            for head, start in plan.starts:
                value = self.number(line, cells[head], digits, head) if cells[head] else None
                if value is not None:
                    yield ReadingRow(line, series, start, self.mapping.interval_seconds, value, quality)

    def _day(self, line: int, cells: dict[str, str]) -> date | None:
        text = cells[self.mapping.columns["day"]]
        try:
            day = day_of(text, self.mapping.date_format)
            self._plan(day)
        except (ValueError, OverflowError):
            message = f"day is {text[:60]!r}, which is no day of the mapping's form"
            readings = self.mapping.count_a_row
            self.table.find(line, "time-not-a-time", message, "The row was left out", skipped=readings)
            return None
        return day


def _plan_of(day: date, mapping: Mapping) -> _Plan:
    """Lay the columns out on the wall clock of the feed's zone."""
    starts, absent, gap = [], [], ""
    repeated = iter(mapping.repeated_columns)
    for number, head in enumerate(mapping.value_columns):
        wall = wall_clock(day, number * mapping.interval_seconds)
        moments = moments_of(wall, mapping.time_zone)
        if moments is None:
            absent.append((head, f"has no {wall:%H:%M}, since the clocks went forward"))
            continue
        starts.append((head, moments.first))
        if moments.first == moments.second:
            continue
        following = next(repeated, None)
        if following is not None:
            starts.append((following, moments.second))
        else:
            gap = gap or f"has {wall:%H:%M} twice, and the file one column for it"
    absent += [(head, "repeats no hour") for head in repeated]
    starts.sort(key=itemgetter(1))
    return _Plan(starts, absent, gap)
