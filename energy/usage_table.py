"""What a usage page shows: series grouped by usage point and unit, and their amounts row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter

from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from energy.greenbutton.codes import FORWARD, REVERSE
from energy.greenbutton.qualities import split_qualities
from energy.models import DayReading, Series, UsagePoint
from energy.periods import Period, Span
from energy.quantities import quantity
from energy.selectors import day_totals, load_of_day, month_totals
from protection.clock import provider_zone

MOST_COLUMNS = 3
"""A chart has at most three series."""

_NET = 4
_DIRECTIONS: dict[int | None, str | Promise] = {
    FORWARD: _("Used"),
    REVERSE: _("Sent to the grid"),
    _NET: _("Net"),
}
_DOUBTS: dict[int, str | Promise] = {
    7: _("edited"),
    8: _("estimated"),
    9: _("estimated"),
    10: _("questionable"),
    11: _("calculated"),
    12: _("projected"),
    14: _("not checked"),
}
"""What to say of a reading by its QualityOfReading (ESPI 4.0); the other codes are as good as measured."""


@dataclass(frozen=True, slots=True)
class Group:
    """Series of one usage point in one unit, which one chart shows. `key` names it in an address."""

    key: str
    usage_point: UsagePoint
    unit: str
    series: tuple[Series, ...]

    @property
    def first_day(self) -> date:
        """Return the first day with readings."""
        return min(each.first_day for each in self.series)

    @property
    def last_day(self) -> date:
        """Return the last day with readings."""
        return max(each.last_day for each in self.series)

    @property
    def headings(self) -> list[str]:
        """Name each series by its direction, and by its interval where two go the same way."""
        kinds = [each.reading_type for each in self.series]
        names = [str(_DIRECTIONS.get(kind.flow_direction, _("Reading"))) for kind in kinds]
        return [
            name if names.count(name) == 1 else f"{name} ({(kind.interval_length or 0) // 60} min)"
            for name, kind in zip(names, kinds, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount in the group's unit, None where there is no reading, and in words (`text`).

    `doubt` says what is uncertain about it.
    """

    amount: Decimal | None
    text: str
    doubt: str | Promise = ""

    @property
    def data(self) -> str:
        """Return the amount for a program; empty where there is none."""
        return "" if self.amount is None else str(self.amount)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """The amounts of a month or a day; `key` names it in an address, `short` on a chart's axis."""

    cells: Sequence[Cell]
    first: date
    key: str
    short: str


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """The amounts of an interval; `label` is when it starts in the provider's zone, `short` that on a chart's axis."""

    cells: Sequence[Cell]
    label: str
    short: str


@dataclass(frozen=True, slots=True)
class Column:
    """A series' name, and what its amounts in the period add up to."""

    heading: str
    sum: Cell


@dataclass(frozen=True, slots=True)
class UsageTable:
    """The rows of a period, a column a series."""

    columns: list[Column]
    rows: Sequence[PeriodRow | IntervalRow]

    @property
    def is_empty(self) -> bool:
        """Say whether no row has a reading."""
        return all(column.sum.amount is None for column in self.columns)


def groups_of(series: Iterable[Series]) -> list[Group]:
    """Group series by usage point and unit, at most three a group, the ones that reach furthest first."""
    sets: dict[tuple[int, str], list[Series]] = {}
    for each in sorted(series, key=attrgetter("last_day"), reverse=True):
        sets.setdefault((each.usage_point_id, each.reading_type.unit.symbol), []).append(each)
    groups: list[Group] = []
    for (_point, unit), members in sorted(sets.items()):
        for first in range(0, len(members), MOST_COLUMNS):
            chosen = sorted(members[first : first + MOST_COLUMNS], key=lambda each: each.reading_type.is_reverse)
            point = chosen[0].usage_point
            groups.append(Group(f"{point.uuid}.{len(groups)}", point, unit, tuple(chosen)))
    return groups


def usage_table(group: Group, period: Period) -> UsageTable:
    """Return a year by its months, a month by its days, or a day by its intervals."""
    rows = _intervals(group, period) if period.span is Span.DAY else _parts(group, period)
    columns = []
    for number, heading in enumerate(group.headings):
        amounts = [amount for row in rows if (amount := row.cells[number].amount) is not None]
        total = sum(amounts, Decimal()) if amounts else None
        columns.append(Column(heading, Cell(total, quantity(total, group.unit))))
    return UsageTable(columns, rows)


def _parts(group: Group, period: Period) -> Sequence[PeriodRow]:
    is_year = period.span is Span.YEAR
    totals = (month_totals if is_year else day_totals)(group.series, period.first, period.end)
    rows, part = [], Period(Span.MONTH if is_year else Span.DAY, period.first)
    while part.first < period.end:
        if part.touches(group.first_day, group.last_day):
            found = totals.get(part.first, {})
            amounts = [total.amount if (total := found.get(each.pk)) else None for each in group.series]
            cells = [Cell(amount, quantity(amount, group.unit)) for amount in amounts]
            rows.append(PeriodRow(cells, part.first, str(part), date_format(part.first, "M" if is_year else "j")))
        part = part.after
    return rows


def _intervals(group: Group, period: Period) -> Sequence[IntervalRow]:
    days = load_of_day(group.series, period.first)
    columns = [_amounts(days.get(each.pk), each) for each in group.series]
    zone, language = provider_zone(), get_language()
    none = Cell(None, quantity(None, group.unit))
    rows = []
    for start in sorted({start for column in columns for start in column}):
        moment = datetime.fromtimestamp(start, zone)
        label = f"{_time_of_day(moment.hour, moment.minute, language)} {moment.tzname()}"
        rows.append(IntervalRow([column.get(start, none) for column in columns], label, f"{moment:%H:%M}"))
    return rows


@lru_cache(maxsize=4096)
def _time_of_day(hour: int, minute: int, _language: str | None) -> str:
    return str(time_format(time(hour, minute)))


def _amounts(day: DayReading | None, series: Series) -> dict[int, Cell]:
    if day is None:
        return {}
    columns, unit = day.columns(), series.reading_type.unit
    usual = series.reading_type.default_quality
    cells = {}
    for index, (start, value) in enumerate(zip(columns.starts, columns.values, strict=True)):
        amount = unit.of(value)
        qualities = split_qualities(columns.qualities.get(index, usual or 0))
        doubt = next((_DOUBTS[code] for code in qualities if code in _DOUBTS), "")
        cells[start] = Cell(amount, quantity(amount, unit.symbol, is_exact=True), doubt)
    return cells
