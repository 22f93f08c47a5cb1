from collections.abc import Collection, Iterator
from datetime import date

from django.db import connection, transaction

from energy.models import ImportWindow, Series
from energy.selectors import PARTITIONED, months_before
from protection.clock import provider_today

MONTHS_AHEAD = 24


def make_months(table: str, months: Collection[date]) -> int:
    """Make the partitions of these months where they are missing; return how many were.

    The database function behind it refuses months before 1990 and more than two years ahead.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE energy_ensure_month(%s, month)) FROM unnest(%s::date[]) AS month",
            [table, sorted(months)],
        )
        (made,) = cursor.fetchone()
    return int(made)


@transaction.atomic
def ensure_months(*, first: date, last: date, table: str = "") -> int:
    """Make the partitions from the month of `first` to that of `last`, of one table or of both; return how many."""
    months = list(_months(first, last))
    return sum(make_months(name, months) for name in ([table] if table else PARTITIONED))


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = months_before(month, -1)


def ensure_window() -> int:
    """Make every month that imports may need: from the longest import window to two years ahead, one a transaction."""
    today = provider_today()
    longest = max(ImportWindow.objects.values_list("months", flat=True), default=60)
    first, last = months_before(today, longest), months_before(today, -MONTHS_AHEAD)
    return sum(ensure_months(first=month, last=month) for month in _months(first, last))


def trim_series() -> int:
    """Have the series begin no earlier than the oldest month that is still there; return how many were touched.

    A series all of whose months are gone is forgotten, and with it the last trace of when its readings were.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(to_date(right(relname, 7), 'YYYY\"m\"MM')) FROM pg_inherits"
            " JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'energy_dayreading'::regclass"
        )
        (oldest,) = cursor.fetchone()
    if oldest is None:
        return 0
    gone, _ = Series.objects.filter(last_day__lt=oldest).delete()
    return gone + Series.objects.filter(first_day__lt=oldest).update(first_day=oldest)
