"""How much a purge may drop on one person's word, or on nobody's in the night."""

from uuid import uuid4

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from retention.models.proposals import Proposal, proposal_constraints


class PurgeLimitsQuerySet(models.QuerySet["PurgeLimits"]):
    """Versions of the limits."""

    def current(self) -> "PurgeLimitsQuerySet":
        """Return the version that is in force."""
        return self.filter(valid_to__isnull=True)


class PurgeLimits(models.Model):
    """One version of how much a plan may drop and still be approved by who made it; nothing is overwritten.

    `months_at_once` counts the calendar months of which a plan drops some table's part whole, `rows_at_once` all the
    rows that it drops, of every class.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    months_at_once = models.PositiveSmallIntegerField(_("months at once"))
    rows_at_once = models.PositiveBigIntegerField(_("rows at once"))
    valid_from = models.DateTimeField(editable=False)
    valid_to = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_by_name = models.CharField(max_length=200, editable=False)
    proposal = models.OneToOneField(
        "retention.LimitProposal",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="limits",
        editable=False,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PurgeLimitsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["valid_to"],
                condition=Q(valid_to__isnull=True),
                nulls_distinct=False,
                name="limits_one_version_in_force",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="limits_period_ordered"
            ),
            models.CheckConstraint(condition=~Q(created_by_name=""), name="limits_name_their_author"),
        ]

    def __str__(self) -> str:
        return f"{self.months_at_once} months, {self.rows_at_once} rows"

    def admit(self, *, months: int, rows: int) -> bool:
        """Say whether a plan of so many months and rows needs no second person."""
        return months <= self.months_at_once and rows <= self.rows_at_once


class LimitProposal(Proposal):
    """A change of the limits that somebody wishes; one that raises either waits for a second person."""

    months_at_once = models.PositiveSmallIntegerField(_("months at once"), validators=[MinValueValidator(1)])
    rows_at_once = models.PositiveBigIntegerField(_("rows at once"), validators=[MinValueValidator(1)])
    is_raising = models.BooleanField(editable=False)

    class Meta:
        constraints = [
            *proposal_constraints("limits", one_may_approve=Q(is_raising=False)),
            models.CheckConstraint(
                condition=Q(months_at_once__gte=1, rows_at_once__gte=1),
                name="limits_let_something_pass",
                violation_error_message=_("At least one month and one row must be allowed at once."),
            ),
            models.UniqueConstraint(
                fields=["decided_at"],
                condition=Q(decided_at__isnull=True),
                nulls_distinct=False,
                name="limits_one_change_open",
                violation_error_message=_("A change of the limits already waits for a decision."),
            ),
        ]

    def __str__(self) -> str:
        return f"→ {self.months_at_once} months, {self.rows_at_once} rows"
