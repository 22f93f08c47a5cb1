from datetime import datetime

from django.db import models
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from retention.models.limits import PurgeLimits
from retention.models.proposals import Proposal, proposal_constraints


class Trigger(models.TextChoices):
    """What has a purge made."""

    NIGHTLY = "nightly", _("Every night")
    PAGE = "page", _("By hand, in the portal")
    COMMAND = "command", _("By hand, at a command line")
    REPLAY = "replay", _("After a restore")


class PurgePlanQuerySet(models.QuerySet["PurgePlan"]):
    """Plans of purges."""

    def waiting(self) -> "PurgePlanQuerySet":
        """Return those that nobody has approved or discarded."""
        return self.filter(decided_at__isnull=True)

    def not_carried_out(self) -> "PurgePlanQuerySet":
        """Return those that were not discarded and that no run has taken up."""
        return self.exclude(is_approved=False).filter(run__isnull=True)


class PurgePlan(Proposal):
    """What a purge as of a day would do, counted once, for somebody to approve; a run does this and never more.

    `bounds` maps each retention class to `{"before", "rule", "months"}`; `content` has the steps and the holds in force
    when it was made (`retention.plans.Plan`); `digest` is SHA-256 over both. Within the limits whoever made it may
    approve it; beyond them it takes a second person.
    """

    as_of = models.DateField()
    trigger = models.CharField(max_length=20, choices=Trigger.choices)
    bounds = models.JSONField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    months_to_drop = models.PositiveIntegerField()
    rows_to_drop = models.PositiveBigIntegerField()
    limits = models.ForeignKey(PurgeLimits, on_delete=models.PROTECT, related_name="+")
    is_within_limits = models.BooleanField()

    objects = PurgePlanQuerySet.as_manager()

    class Meta:
        constraints = [
            *proposal_constraints("plan", one_may_approve=Q(is_within_limits=True)),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="plan_digest_hex"),
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="plan_trigger_known"),
            models.UniqueConstraint(fields=["as_of"], condition=Q(trigger="nightly"), name="plan_nightly_once_a_day"),
        ]
        indexes = [
            models.Index(fields=["-proposed_at"], name="plan_newest_first"),
            models.Index(fields=["as_of"], condition=Q(decided_at__isnull=True), name="plan_waiting"),
        ]

    def __str__(self) -> str:
        return f"plan as of {self.as_of} ({self.digest[:12]})"

    @property
    def taken_up(self) -> Model | None:
        """Return the run that carries the plan out, or did; None before."""
        run: Model | None = getattr(self, "run", None)
        return run

    @property
    def made_at(self) -> datetime:
        """Return when the plan was made."""
        return self.proposed_at

    @property
    def made_by_name(self) -> str:
        """Return who made the plan."""
        return self.proposed_by_name

    @property
    def approved_at(self) -> datetime | None:
        """Return when the plan was approved; None while it waits or when it was discarded."""
        return self.decided_at if self.is_approved else None

    @property
    def approved_by_name(self) -> str:
        """Return who approved the plan; empty while it waits or when it was discarded."""
        return self.decided_by_name if self.is_approved else ""
