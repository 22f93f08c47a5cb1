from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from energy.csvfeed.mapping import UNITS, Form
from energy.csvfeed.table import Table
from energy.greenbutton.codes import FORWARD, QUALITY, REVERSE

_DIRECTIONS = {"forward": FORWARD, "import": FORWARD, "delivered": FORWARD, "": FORWARD}
_DIRECTIONS |= {"reverse": REVERSE, "export": REVERSE, "received": REVERSE}
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What tells one series of readings from another: account, usage point, unit and direction of flow."""

    account_number: str
    usage_point: str
    unit: str
    flow_direction: int


class ReadingRow(NamedTuple):
    """One reading: start in epoch seconds UTC, duration in seconds, value before its series' power of ten.

    The power of ten of a series is that of its unit less the mapping's decimals. `quality` is an ESPI code or None,
    `cost` hundred-thousandths of the currency or None.
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
    rows = _long(table) if table.mapping.form is Form.READINGS_LONG else _wide(table)
    yield from rows


def _long(table: Table) -> Iterator[ReadingRow]:
    columns, mapping = table.mapping.columns, table.mapping
    folded: dict[SeriesKey, datetime] = {}
    for line, cells in table.rows:
        series = _series(table, line, cells, readings=1)
        if series is None:
            continue
        value = _number(table, line, cells[columns["value"]], mapping.decimals, "value")
        moment = _moment(table, line, cells[columns["start"]], folded.get(series))
        if value is None or moment is None:
            continue
        folded[series] = moment
        yield ReadingRow(
            line,
            series,
            int(moment.timestamp()),
            _duration(table, line, cells),
            value,
            _quality(table, line, cells),
            _cost(table, line, cells),
        )


def _wide(table: Table) -> Iterator[ReadingRow]:
    mapping = table.mapping
    count = len(mapping.value_columns)
    for line, cells in table.rows:
        series = _series(table, line, cells, readings=count)
        if series is None:
            continue
        day = _day(table, line, cells[mapping.columns["day"]])
        if day is None:
            table.skipped += count - 1
            continue
        quality = _quality(table, line, cells)
        for head, start in _starts(table, line, day, cells):
            text = cells[head]
            if not text:
                continue
            value = _number(table, line, text, mapping.decimals, head)
            if value is not None:
                yield ReadingRow(line, series, start, mapping.interval_seconds, value, quality)


def _starts(table: Table, line: int, day: date, cells: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Yield each value column with the start of its interval on `day`, by the wall clock of the feed's zone."""
    mapping = table.mapping
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall-clock arithmetic; the zone follows)
    repeated = iter(mapping.repeated_columns)
    is_told = False
    for number, head in enumerate(mapping.value_columns):
        wall = midnight + timedelta(seconds=number * mapping.interval_seconds)
        first, second = (wall.replace(tzinfo=mapping.time_zone, fold=fold) for fold in (0, 1))
        if first.astimezone(UTC).astimezone(mapping.time_zone).replace(tzinfo=None) != wall:
            if cells[head] not in {"", "0", "0.0", "0.00", "0.000"}:
                table.find(
                    line,
                    "time-does-not-exist",
                    f"{day} has no {wall:%H:%M}: the clocks went forward, yet {head} holds a value.",
                    "The reading was left out.",
                    skipped=1,
                )
            continue
        yield head, int(first.timestamp())
        if first.utcoffset() != second.utcoffset():
            following = next(repeated, None)
            if following is not None:
                yield following, int(second.timestamp())
            elif not is_told:
                is_told = True
                table.find(
                    line,
                    "hour-not-repeated",
                    f"{day} has {wall:%H:%M} twice, and the file one column for it.",
                    "The value was taken for the first; the second is a gap.",
                )


def _series(table: Table, line: int, cells: dict[str, str], *, readings: int) -> SeriesKey | None:
    columns, mapping = table.mapping.columns, table.mapping
    account, point = cells[columns["account_number"]], cells[columns["usage_point"]]
    unit = (cells[columns["unit"]] if "unit" in columns else "") or mapping.unit
    given = (cells[columns["direction"]] if "direction" in columns else "") or mapping.direction
    direction = _DIRECTIONS.get(given.lower())
    fault = ""
    if not account or not point:
        fault = "Account number or usage point is empty."
    elif unit not in UNITS:
        fault = f"The unit {unit!r} is not known; known: {', '.join(UNITS)}."
    elif direction is None:
        fault = f"The direction {given!r} is not known; known: {', '.join(filter(None, _DIRECTIONS))}."
    if fault or direction is None:
        table.find(line, "invalid-series", fault, "The row was left out.", skipped=readings)
        return None
    return SeriesKey(account, point, unit, direction)


def _number(table: Table, line: int, text: str, decimals: int, name: str) -> int | None:
    cleaned = text.replace(".", "").replace(",", ".") if table.mapping.decimal_comma else text.replace(",", "")
    try:
        scaled = Decimal(cleaned).scaleb(decimals)
        value = int(scaled.to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        table.find(line, "value-not-a-number", f"{name} is {text!r}.", "The reading was left out.", skipped=1)
        return None
    if not -_INT64 <= value < _INT64:
        table.find(line, "value-out-of-range", f"{name} is too large.", "The reading was left out.", skipped=1)
        return None
    if value != scaled:
        table.find(line, "value-rounded", f"{name} is {text!r}: more than {decimals} decimals.", "It was rounded.")
    return value


def _moment(table: Table, line: int, text: str, previous: datetime | None) -> datetime | None:
    mapping = table.mapping
    try:
        moment = datetime.strptime(text, mapping.time_format) if mapping.time_format else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        table.find(line, "time-not-a-time", f"start is {text!r}.", "The reading was left out.", skipped=1)
        return None
    if moment.tzinfo is not None:
        return moment
    first, second = (moment.replace(tzinfo=mapping.time_zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(mapping.time_zone).replace(tzinfo=None) != moment:
        table.find(
            line,
            "time-does-not-exist",
            f"start is {text!r}, an hour that the clocks skipped.",
            "The reading was left out.",
            skipped=1,
        )
        return None
    repeats = first.utcoffset() != second.utcoffset()
    return second if repeats and previous is not None and previous.timestamp() >= first.timestamp() else first


def _day(table: Table, line: int, text: str) -> date | None:
    try:
        if table.mapping.date_format:
            return datetime.strptime(text, table.mapping.date_format).date()  # noqa: DTZ007 (a civil day has no zone)
        return date.fromisoformat(text)
    except ValueError:
        table.find(line, "time-not-a-time", f"day is {text!r}.", "The row was left out.", skipped=1)
        return None


def _duration(table: Table, line: int, cells: dict[str, str]) -> int:
    head = table.mapping.columns.get("minutes")
    if head is None or not cells[head]:
        return table.mapping.interval_seconds
    try:
        minutes = int(cells[head])
    except ValueError:
        minutes = 0
    if 1 <= minutes <= 60 * 24 * 100:
        return minutes * 60
    table.find(line, "invalid-duration", f"minutes is {cells[head]!r}.", "The mapping's interval was taken.")
    return table.mapping.interval_seconds


def _quality(table: Table, line: int, cells: dict[str, str]) -> int | None:
    head = table.mapping.columns.get("quality")
    if head is None or not cells[head]:
        return None
    if cells[head].isdigit() and int(cells[head]) in QUALITY:
        return int(cells[head])
    table.find(line, "unknown-code", f"quality is {cells[head]!r}.", "The reading was kept without it.")
    return None


def _cost(table: Table, line: int, cells: dict[str, str]) -> int | None:
    head = table.mapping.columns.get("cost")
    if head is None or not cells[head]:
        return None
    return _number(table, line, cells[head].lstrip("$"), 5, "cost")
