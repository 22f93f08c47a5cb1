from datetime import date, timedelta

from django.db import connection, transaction

from energy.models import ImportWindow
from energy.selectors import PARTITIONED, months_before
from protection.clock import provider_today

MONTHS_AHEAD = 24


@transaction.atomic
def ensure_months(*, first: date, last: date, table: str = "") -> int:
    """Make the monthly partitions from the month of `first` to that of `last`; return how many were missing.

    Without `table`, for both partitioned tables. The database function behind it refuses months before 1990 and more
    than two years ahead.
    """
    tables = [table] if table else list(PARTITIONED)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE energy_ensure_month(name, month::date))"
            " FROM unnest(%s::text[]) AS name,"
            " generate_series(date_trunc('month', %s::timestamp), %s::timestamp, interval '1 month') AS month",
            [tables, first, last],
        )
        (made,) = cursor.fetchone()
    return int(made)


def ensure_window() -> int:
    """Make every month that imports may need: from the longest import window to two years ahead, one a transaction."""
    today = provider_today()
    longest = max(ImportWindow.objects.values_list("months", flat=True), default=60)
    month, last = months_before(today, longest).replace(day=1), months_before(today, -MONTHS_AHEAD)
    made = 0
    while month <= last:
        made += ensure_months(first=month, last=month)
        month = (month + timedelta(days=31)).replace(day=1)
    return made
