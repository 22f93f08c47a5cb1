"""Usage and bills as stored, for pages, packages and exports."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from accounts.models import Account
from energy.models import Bill, DayReading, Series


class Total(NamedTuple):
    """What was used in a period, in the unit of its series, as `reading_count` readings say."""

    amount: Decimal
    reading_count: int


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


def series_of(account: Account) -> QuerySet[Series]:
    """Return the series of an account, with usage point and reading type, in the order in which they came."""
    return Series.objects.filter(account=account).select_related("usage_point", "reading_type").order_by("pk")


def day_totals(series: Collection[Series], from_: date, to: date) -> dict[date, dict[int, Total]]:
    """Return the stored days from `from_` to before `to`, in order, each with its totals by the series' id."""
    return _totals(series, "day", from_, to)


def month_totals(series: Collection[Series], from_: date, to: date) -> dict[date, dict[int, Total]]:
    """Return the months with readings from `from_` to before `to`, in order, each with its totals by the series' id."""
    return _totals(series, "date_trunc('month', day)::date", from_, to)


def load_of_day(series: Collection[Series], day: date) -> dict[int, DayReading]:
    """Return the packed readings of one day by the series' id."""
    keys = {(each.usage_point_id, each.reading_type_id): each.pk for each in series}
    days = _days_of(series, day, day + timedelta(days=1))
    found = ((keys.get((row.usage_point_id, row.reading_type_id)), row) for row in days)
    return {key: row for key, row in found if key is not None}


def _days_of(series: Collection[Series], from_: date, to: date) -> QuerySet[DayReading]:
    # In lists of each, not in pairs: the key begins with them, and a series of another pair is filtered out by its key.
    return DayReading.objects.filter(
        account__in={each.account_id for each in series},
        usage_point__in={each.usage_point_id for each in series},
        reading_type__in={each.reading_type_id for each in series},
        day__gte=from_,
        day__lt=to,
    )


def _totals(
    series: Collection[Series], period_of: Literal["day", "date_trunc('month', day)::date"], from_: date, to: date
) -> dict[date, dict[int, Total]]:
    known = {(each.usage_point_id, each.reading_type_id): each for each in series}
    points, types = zip(*known, strict=True)
    with connection.cursor() as cursor:
        # In SQL, since putting the query together takes the ORM longer than the database takes to answer it.
        cursor.execute(
            f"SELECT {period_of}, usage_point_id, reading_type_id, sum(total), sum(reading_count)"  # noqa: S608
            " FROM energy_dayreading WHERE account_id = ANY (%s) AND usage_point_id = ANY (%s)"
            " AND reading_type_id = ANY (%s) AND day >= %s AND day < %s GROUP BY 1, 2, 3 ORDER BY 1",
            [[each.account_id for each in series], list(points), list(types), from_, to],
        )
        rows = cursor.fetchall()
    periods: dict[date, dict[int, Total]] = {}
    for period, point, kind, amount, count in rows:
        if each := known.get((point, kind)):
            periods.setdefault(period, {})[each.pk] = Total(each.reading_type.unit.of(int(amount)), count)
    return periods
