"""Usage and bills as stored, for pages, packages and exports."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Max, Min, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Account
from energy.models import Bill, DayReading, ReadingType, UsagePoint


class Total(NamedTuple):
    """What was used in a period that begins on `day`, in the unit of its series; `reading_count` readings say so."""

    day: date
    amount: Decimal
    reading_count: int


class Series(NamedTuple):
    """Readings of one meaning at one usage point, stored from the day `first` to the day `last`."""

    usage_point: UsagePoint
    reading_type: ReadingType
    first: date
    last: date


def days_between(
    *, account_ids: Collection[int], from_: date, to: date, usage_point_ids: Collection[int] = ()
) -> QuerySet[DayReading]:
    """Return the packed days from `from_` to before `to`, by account, usage point, reading type and day.

    Without `usage_point_ids`, of every usage point.
    """
    days = DayReading.objects.filter(account__in=account_ids, day__gte=from_, day__lt=to)
    if usage_point_ids:
        days = days.filter(usage_point__in=usage_point_ids)
    return days.order_by("account_id", "usage_point_id", "reading_type_id", "day")


def read_days(
    account_ids: Collection[int], usage_point_ids: Collection[int], from_: date, to: date
) -> Iterator[DayReading]:
    """Yield the packed days as `days_between` orders them, in constant memory; needs a transaction around it."""
    days = days_between(account_ids=account_ids, usage_point_ids=usage_point_ids, from_=from_, to=to)
    yield from days.iterator(chunk_size=1000)


def bills_between(*, account_ids: Collection[int], from_: date, to: date) -> QuerySet[Bill]:
    """Return the bills dated from `from_` to before `to`, by account and date."""
    bills = Bill.objects.filter(account__in=account_ids, bill_date__gte=from_, bill_date__lt=to)
    return bills.order_by("account_id", "bill_date", "uuid")


def bills_of(account: Account) -> QuerySet[Bill]:
    """Return an account's bills, the newest first."""
    return Bill.objects.filter(account=account).order_by("-bill_date", "uuid")


def series_of(account: Account) -> list[Series]:
    """Return the series of an account with the days they reach over, in the order in which they were made."""
    reach = (
        DayReading.objects.filter(account=account)
        .values("usage_point_id", "reading_type_id")
        .annotate(first=Min("day"), last=Max("day"))
        .order_by("usage_point_id", "reading_type_id")
    )
    rows = list(reach)
    points = UsagePoint.objects.in_bulk({row["usage_point_id"] for row in rows})
    types = ReadingType.objects.in_bulk({row["reading_type_id"] for row in rows})
    return [
        Series(points[row["usage_point_id"]], types[row["reading_type_id"]], row["first"], row["last"])
        for row in rows
        if row["usage_point_id"] in points
    ]


def day_totals(
    account: Account, usage_point: UsagePoint, reading_type: ReadingType, from_: date, to: date
) -> list[Total]:
    """Return the total of each stored day from `from_` to before `to`."""
    rows = _of_series(account, usage_point, reading_type, from_, to).order_by("day")
    unit = reading_type.unit
    return [
        Total(day, unit.of(total), count) for day, total, count in rows.values_list("day", "total", "reading_count")
    ]


def month_totals(
    account: Account, usage_point: UsagePoint, reading_type: ReadingType, from_: date, to: date
) -> list[Total]:
    """Return the total of each month with readings from `from_` to before `to`."""
    rows = (
        _of_series(account, usage_point, reading_type, from_, to)
        .annotate(month=TruncMonth("day"))
        .values("month")
        .annotate(amount=Sum("total"), readings=Sum("reading_count"))
        .order_by("month")
        .values_list("month", "amount", "readings")
    )
    unit = reading_type.unit
    return [Total(month, unit.of(int(amount)), count) for month, amount, count in rows]


def load_of_day(account: Account, usage_point: UsagePoint, reading_type: ReadingType, day: date) -> DayReading | None:
    """Return the packed readings of one day, or None where there are none."""
    return _of_series(account, usage_point, reading_type, day, day + timedelta(days=1)).first()


def _of_series(
    account: Account, usage_point: UsagePoint, reading_type: ReadingType, from_: date, to: date
) -> QuerySet[DayReading]:
    return DayReading.objects.filter(
        account=account, usage_point=usage_point, reading_type=reading_type, day__gte=from_, day__lt=to
    )
