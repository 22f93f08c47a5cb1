"""The one clock: the database's. Web servers and workers may disagree about the time; the database does not."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection


def transaction_time() -> datetime:
    """Return the start of the current transaction by the database's clock, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        (moment,) = cursor.fetchone()
    return moment  # type: ignore[no-any-return]


def provider_zone() -> ZoneInfo:
    """Return the provider's time zone, in which civil days, months and deadlines are counted."""
    return ZoneInfo(settings.PROVIDER_TIME_ZONE)


def provider_today() -> date:
    """Return today's civil date where the provider is, by the database's clock."""
    return transaction_time().astimezone(provider_zone()).date()
