"""Bills from the usage summaries of a feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from accounts.models import Account
from energy.days import Calendar
from energy.greenbutton import UsageSummary
from energy.greenbutton.parts import LineItem, SummaryMeasurement
from energy.models import Bill, UsagePoint
from energy.plain import to_plain
from energy.services.months import make_months
from energy.units import unit_of

CURRENCIES: Mapping[int, str] = {
    36: "AUD",
    124: "CAD",
    156: "CNY",
    208: "DKK",
    356: "INR",
    392: "JPY",
    578: "NOK",
    643: "RUB",
    752: "SEK",
    756: "CHF",
    826: "GBP",
    840: "USD",
    978: "EUR",
}
"""ISO 4217: the numbers that ESPI 4.0 lists, and their letters."""

_BILLS = UUID("6f1f5d0b-5a0e-4c0c-9c7e-4f6c4f1f7d11")
_MINOR = Decimal("0.00001")  # ESPI counts money in hundred-thousandths
_MOST = Decimal(10) ** 19
_COLUMNS = (
    "usage_point_id",
    "period_start",
    "period_end",
    "amount_due",
    "currency",
    "consumption",
    "unit",
    "line_items",
    "summary",
)


@dataclass(slots=True)
class StoredBills:
    """What became of a feed's bills: counts, and the dates of those that changed."""

    inserted: int = 0
    unchanged: int = 0
    too_old: int = 0
    undated: int = 0
    updated: list[date] = field(default_factory=list)


def store_bills(
    *,
    account: Account,
    summaries: Iterable[tuple[UsageSummary, UsagePoint | None]],
    calendar: Calendar,
    not_before: date,
    not_after: date,
    import_run_id: int,
) -> StoredBills:
    """Store the usage summaries as bills: one a usage point and billing period, a later summary in place of a former.

    Bills dated before `not_before` are refused and counted; so are those whose date is missing or after `not_after`.
    """
    result = StoredBills()
    bills: dict[UUID, Bill] = {}
    for summary, point in summaries:
        bill = _bill(account, summary, point, calendar)
        if bill is None or bill.bill_date > not_after:
            result.undated += 1
        elif bill.bill_date < not_before:
            result.too_old += 1
        else:
            bill.import_run_id = import_run_id
            bills[bill.uuid] = bill
    if bills:
        make_months("energy_bill", {bill.bill_date.replace(day=1) for bill in bills.values()})
        _store(account, bills, result)
    return result


def _store(account: Account, bills: dict[UUID, Bill], result: StoredBills) -> None:
    dates = [bill.bill_date for bill in bills.values()]
    stored = Bill.objects.filter(account=account, uuid__in=bills, bill_date__range=(min(dates), max(dates)))
    for known in stored:
        bill = bills.pop(known.uuid)
        if all(getattr(known, name) == getattr(bill, name) for name in _COLUMNS):
            result.unchanged += 1
            continue
        columns = {name: getattr(bill, name) for name in (*_COLUMNS, "import_run_id")}
        Bill.objects.filter(account=account, uuid=known.uuid, bill_date=known.bill_date).update(**columns)
        result.updated.append(known.bill_date)
    Bill.objects.bulk_create(bills.values())
    result.inserted = len(bills)


def _bill(account: Account, summary: UsageSummary, point: UsagePoint | None, calendar: Calendar) -> Bill | None:
    period = summary.billing_period
    start = period.start if period else summary.status_time_stamp
    end = period.end if period else start
    if not 0 < start <= end < 4_102_444_800:
        return None
    owner = f"{point.service_kind} {point.identifier}" if point else ""
    used = summary.consumption_last_period or summary.consumption_this_period
    consumption, unit = _quantity(used)
    return Bill(
        account=account,
        uuid=uuid5(_BILLS, f"{account.uuid} {owner} {start} {end}"),
        bill_date=calendar.day_of(max(start, end - 1)),
        usage_point_id=point.pk if point else None,
        period_start=datetime.fromtimestamp(start, UTC),
        period_end=datetime.fromtimestamp(end, UTC),
        amount_due=_money(summary.bill_last_period),
        currency=CURRENCIES.get(summary.currency or 840, "XXX"),
        consumption=consumption,
        unit=unit,
        line_items=[_line(item) for item in summary.cost_details],
        summary={"element": summary.ELEMENT, "title": summary.title, **to_plain(summary)},
    )


def _line(item: LineItem) -> dict[str, Any]:
    amount = _money(item.amount)
    consumption, unit = _quantity(item.measurement)
    line = {"note": item.note, "amount": None if amount is None else str(amount), "kind": item.item_kind}
    return line | ({"quantity": str(consumption), "unit": unit} if consumption is not None else {})


def _money(amount: int | None) -> Decimal | None:
    return None if amount is None else amount * _MINOR


def _quantity(measurement: SummaryMeasurement | None) -> tuple[Decimal | None, str]:
    if measurement is None or measurement.value is None:
        return None, ""
    unit = unit_of(measurement.uom, measurement.power_of_ten)
    quantity = unit.of(measurement.value)
    return (quantity.quantize(Decimal("0.000001")), unit.symbol) if abs(quantity) < _MOST else (None, "")
