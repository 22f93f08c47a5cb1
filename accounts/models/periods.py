"""Half-open periods [valid_from, valid_to): the last day is the day before `valid_to`; none means still running."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


def in_force(day: date, prefix: str = "") -> models.Q:
    """Return the condition that a period holds on `day`; `prefix` reaches through a relation (`agreements__`)."""
    started = models.Q(**{f"{prefix}valid_from__lte": day})
    endless = models.Q(**{f"{prefix}valid_to__isnull": True})
    return started & (endless | models.Q(**{f"{prefix}valid_to__gt": day}))


def period_is_ordered(name: str) -> models.CheckConstraint:
    """Return the constraint that a period ends after it begins."""
    return models.CheckConstraint(
        condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
        name=name,
        violation_error_message=_("The last day must come after the first."),
    )
