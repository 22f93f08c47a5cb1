"""What a release line lets out, as records of accounts, meters, interval readings and bills: only its fields."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account
from disclosures.models import ReleaseLine
from disclosures.packaging.disagreements import COLUMN, can_be_disputed, column_of, statements_on
from disclosures.packaging.lines import Rows
from disclosures.packaging.sources import rows_for
from energy.greenbutton.qualities import split_qualities
from energy.models import Bill, ReadingType, UsagePoint
from protection import datamap
from protection.clock import provider_zone
from retention.selectors import told_holds

READINGS = "usage.readings"
_BESIDE_READINGS = {"usage.costs": ("cost", "currency"), "usage.qualities": ("quality",)}
_READING_COLUMNS = ("start", "seconds", "value", "unit", "direction")
_HOLD_COLUMNS = ("held", "held_from", "held_before", "held_since", "held_for")
_COST_UNIT = Decimal("0.00001")


def columns_of(field_ids: Iterable[str], *, is_own_request: bool = False) -> list[str]:
    """Return the columns of a package with these fields: what its records can say, in a fixed order.

    A customer's own package also says what is held past its time.
    """
    wanted = set(field_ids)
    named = [column_of(field.id) for field in datamap.fields() if field.id in wanted and not _is_of_intervals(field.id)]
    columns = ["record", "subject", "account", *(["meter"] if _has_meters(wanted) else []), *named]
    columns += [COLUMN] if can_be_disputed(wanted) else []
    if READINGS in wanted:
        columns += _READING_COLUMNS
        columns += [name for field_id, names in _BESIDE_READINGS.items() if field_id in wanted for name in names]
    return [*columns, *(_HOLD_COLUMNS if is_own_request else ())]


def records_of(line: ReleaseLine, subject: int, rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield a line's records. `subject`, `account` and `meter` count within the release and name nobody."""
    if line.release.is_own_request:
        yield from ({"record": "hold", "subject": subject, **hold} for hold in _holds(line))
    for number, account in enumerate(rows.accounts_of(line), 1):
        place = {"subject": subject, "account": number}
        if values := {**_values(account.customer, line), **_values(account, line)}:
            said = statements_on(account, line.field_ids, rows.disputes)
            yield {"record": "account", **place, **values, **({COLUMN: said} if said else {})}
        meters = {point.pk: (index, point) for index, point in enumerate(rows.points_of(account, line), 1)}
        for index, point in meters.values():
            if values := _values(point, line):
                yield {"record": "meter", **place, "meter": index, **values}
        if READINGS in line.field_ids:
            yield from ({**place, **reading} for reading in _readings(account, line, meters, rows.reading_types))
        yield from ({**place, **bill} for bill in _bills(account, line, meters))


def _values(row: Any, line: ReleaseLine) -> dict[str, Any]:
    """Return the released fields of a row, by column."""
    return {
        column_of(field.id): _plain(getattr(row, field.attribute))
        for field in datamap.fields(model=type(row))
        if field.id in line.field_ids
    }


def _readings(
    account: Account, line: ReleaseLine, meters: dict[int, tuple[int, UsagePoint]], types: dict[int, ReadingType]
) -> Iterator[dict[str, Any]]:
    if not meters:
        return
    days = rows_for(line.release).days([account.pk], list(meters), line.data_from, line.data_to)
    has_costs, has_qualities = ("usage.costs" in line.field_ids, "usage.qualities" in line.field_ids)
    zone = provider_zone()
    for day in days:
        kind = types[day.reading_type_id]
        unit = kind.unit
        shared = {
            "record": "reading",
            "meter": meters[day.usage_point_id][0],
            "unit": unit.symbol,
            "direction": "to_grid" if kind.is_reverse else "from_grid",
        }
        for reading in day.columns().readings():
            record = {
                **shared,
                "start": datetime.fromtimestamp(reading.start, UTC).astimezone(zone).isoformat(),
                "seconds": reading.duration,
                "value": _number(unit.of(reading.value)),
            }
            if has_costs and reading.cost is not None:
                record |= {"cost": _number(reading.cost * _COST_UNIT), "currency": kind.currency}
            if has_qualities and reading.quality is not None:
                record["quality"] = _quality(reading.quality)
            yield record


def _bills(account: Account, line: ReleaseLine, meters: dict[int, tuple[int, UsagePoint]]) -> Iterator[dict[str, Any]]:
    """Yield the bills whose period lies within the line's span of data."""
    if not any(field.id in line.field_ids for field in datamap.fields(model=Bill)):
        return
    begin, end = (datetime.combine(day, time(), provider_zone()) for day in (line.data_from, line.data_to))
    for bill in rows_for(line.release).bills([account.pk], line.data_from, line.data_to + timedelta(days=1)):
        if bill.period_start < begin or bill.period_end > end:
            continue
        if bill.usage_point_id is not None and bill.usage_point_id not in meters:
            continue
        meter = {"meter": meters[bill.usage_point_id][0]} if bill.usage_point_id is not None else {}
        yield {"record": "bill", **meter, **_values(bill, line)}


def _holds(line: ReleaseLine) -> Iterator[dict[str, Any]]:
    """Yield what is held of the customer past its time: which data of which days, since when, on what kind of ground.

    What a hold keeps is not in the package: it has left every use but a legal demand. Confidential holds are not told.
    """
    for hold in told_holds(line.customer):
        since = hold.placed_at.astimezone(provider_zone()).date()
        said = (" ".join(hold.retention_classes), hold.data_from, hold.data_to, since, hold.ground)
        yield {
            column: value if isinstance(value, str | None) else value.isoformat()
            for column, value in zip(_HOLD_COLUMNS, said, strict=True)
        }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(provider_zone()).isoformat()
    if isinstance(value, Decimal):
        return _number(value)
    return value if isinstance(value, int | str | list | dict | None) else str(value)


def _quality(joined: int) -> int | str:
    """Return a reading's code of quality; several as text, separated by spaces."""
    codes = split_qualities(joined)
    return codes[0] if len(codes) == 1 else " ".join(map(str, codes))


def _number(value: Decimal) -> int | float:
    """Return a number that JSON and CSV write without an exponent and without trailing zeros."""
    return int(value) if value == value.to_integral_value() else float(value)


def _is_of_intervals(field_id: str) -> bool:
    return field_id == READINGS or field_id in _BESIDE_READINGS


def _has_meters(wanted: set[str]) -> bool:
    return any(
        _is_of_intervals(field.id) or field.model in {UsagePoint, Bill}
        for field in datamap.fields()
        if field.id in wanted
    )
