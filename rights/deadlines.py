"""How long the provider may take. Days are civil days where the provider is."""

from datetime import date, timedelta

CORRECTION_DAYS = 30
"""A correction is made or refused in writing within 30 calendar days (Colorado 4 CCR 723-1 rule 1104)."""

CONFIRMATION_BUSINESS_DAYS = 10
"""A privacy request is confirmed within 10 business days (CCPA regulations, 11 CCR 7021(a))."""

ANSWER_DAYS = 45
"""A privacy request is answered within 45 calendar days (CCPA regulations, 11 CCR 7021(b))."""

_SATURDAY = 5


def correction_due(received: date) -> date:
    """Return the last day on which a correction may be decided."""
    return received + timedelta(days=CORRECTION_DAYS)


def confirmation_due(received: date) -> date:
    """Return the last day on which a request's receipt may be confirmed."""
    return add_business_days(received, CONFIRMATION_BUSINESS_DAYS)


def answer_due(received: date) -> date:
    """Return the last day on which a request may be answered."""
    return received + timedelta(days=ANSWER_DAYS)


def add_business_days(day: date, count: int) -> date:
    """Return the day that is `count` business days after `day`.

    Saturdays and Sundays do not count. Public holidays do, though the law would skip them: a deadline that comes a day
    early harms nobody, and no calendar of holidays has to be kept.
    """
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY:
            count -= 1
    return day
