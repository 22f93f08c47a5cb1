"""How far back data may reach."""

from calendar import monthrange
from datetime import date

from energy.models import ImportWindow

PARTITIONED = ("energy_dayreading", "energy_bill")
"""The tables that are partitioned by month."""


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier (later, if negative); the month's last day where it has no such day.

    Five years before 29 February 2024 is 28 February 2019: a day more is kept, never one less.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def not_before(as_of: date, retention_class: str = "readings") -> date:
    """Return the first civil day whose data is still inside its period on `as_of`; imports refuse earlier days."""
    return months_before(as_of, ImportWindow.objects.get(retention_class=retention_class).months)
