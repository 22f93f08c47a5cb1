"""Civil months: the arithmetic of retention periods, exact to the day."""

from calendar import monthrange
from datetime import date

MONTHS = 12


def first_of_month(day: date) -> date:
    """Return the first day of the month of `day`."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months later (earlier when negative), or that month's last day.

    29 February 2028 less 60 months is 28 February 2023: rounding down keeps a day longer, never shorter.
    """
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
