"""The last day of a period that ends on no weekend and no public holiday, where the provider is."""

from datetime import date, timedelta

import holidays
from django.conf import settings

_DAY = timedelta(days=1)
_SATURDAY = 5


def last_day(begun_on: date, days: int) -> date:
    """Return the last day of a period of `days`: the day it began on is not counted, the last one is.

    A last day on a weekend or a public holiday of the jurisdiction moves to the next business day (the rule of
    California Code of Civil Procedure 12 and 12a).
    """
    day = begun_on + timedelta(days=days)
    while not is_business_day(day):
        day += _DAY
    return day


def is_business_day(day: date) -> bool:
    """Say whether offices and courts are open: Monday to Friday, no public holiday of `HOLIDAYS_OF`."""
    country, _dash, subdivision = settings.HOLIDAYS_OF.partition("-")
    observed = holidays.country_holidays(country, subdiv=subdivision or None, years=day.year)
    return day.weekday() < _SATURDAY and day not in observed
