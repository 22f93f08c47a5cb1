"""Usage points, reading types, packed days and bills for tests; the months they need are made as they are."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import factory

from accounts.models import Account
from energy.models import Bill, DayReading, ReadingType, Series, UsagePoint
from energy.packing import DayColumns, pack_day
from energy.services import ensure_months
from protection.clock import provider_zone
from tests.factories import AccountFactory


class UsagePointFactory(factory.django.DjangoModelFactory[UsagePoint]):
    """An electricity meter."""

    class Meta:
        model = UsagePoint

    account = factory.SubFactory(AccountFactory)
    identifier = factory.Sequence(lambda number: f"RetailCustomer/1/UsagePoint/{number:04}")
    title = "House meter"


class ReadingTypeFactory(factory.django.DjangoModelFactory[ReadingType]):
    """Watt-hours from the grid, every hour; with `reverse` to the grid."""

    class Meta:
        model = ReadingType
        django_get_or_create = ("digest",)

    class Params:
        reverse = factory.Trait(flow_direction=19)

    commodity = 1
    flow_direction = 1
    uom = 72
    power_of_ten = 0
    interval_length = 3600
    currency = 840
    digest = factory.LazyAttribute(
        lambda row: sha256(f"{row.flow_direction} {row.uom} {row.interval_length}".encode()).hexdigest()
    )


def make_day(
    usage_point: UsagePoint,
    day: date,
    values: Sequence[int] = tuple(range(24)),
    *,
    reading_type: ReadingType | None = None,
    length: int = 3600,
    **sparse: Any,
) -> DayReading:
    """Store a day of readings from its midnight on, `length` seconds each."""
    begin = datetime.combine(day, time(), provider_zone())
    starts = [int(begin.timestamp()) + number * length for number in range(len(values))]
    kind = reading_type or ReadingTypeFactory.create()
    packed = pack_day(DayColumns(starts, [length] * len(values), list(values), **sparse))
    ensure_months(first=day, last=day, table="energy_dayreading")
    columns = packed._asdict() | {"start": datetime.fromtimestamp(packed.start, UTC)}
    series, _ = Series.objects.get_or_create(
        account_id=usage_point.account_id,
        usage_point=usage_point,
        reading_type=kind,
        defaults={"first_day": day, "last_day": day},
    )
    series.first_day, series.last_day = min(series.first_day, day), max(series.last_day, day)
    series.save()
    return DayReading.objects.create(
        account_id=usage_point.account_id,
        usage_point=usage_point,
        reading_type=kind,
        day=day,
        import_run_id=0,
        **columns,
    )


def make_bill(account: Account, bill_date: date, amount: str = "81.40", **fields: Any) -> Bill:
    """Store a bill of the thirty days that end with `bill_date`."""
    ensure_months(first=bill_date, last=bill_date, table="energy_bill")
    end = datetime.combine(bill_date + timedelta(days=1), time(), provider_zone())
    given = {
        "period_start": end - timedelta(days=30),
        "period_end": end,
        "amount_due": Decimal(amount),
        "currency": "USD",
        "consumption": Decimal("412.5"),
        "unit": "kWh",
        "line_items": [{"note": "Energy", "amount": amount, "kind": 3}],
        "import_run_id": 0,
    }
    return Bill.objects.create(account=account, bill_date=bill_date, **given | fields)
