from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from retention.citations import in_words
from retention.models.pairs import both_or_neither
from retention.models.proposals import Proposal, proposal_constraints

FLOOR_MONTHS = 12
"""Complete months of usage and bills that no rule may forget."""

FLOORED_CLASSES = ("readings", "bills")


class Cutoff(models.TextChoices):
    """The event that starts the clock of a retention class (in records management: the cutoff)."""

    READING_DAY = "reading_day", _("day of the reading")
    BILL_DATE = "bill_date", _("date of the bill")
    CREATED = "created", _("day of the record")
    EXPIRED = "expired", _("day of expiry")
    ACCOUNT_CLOSED = "account_closed", _("closing of the account")
    CONSENT_ENDED = "consent_ended", _("end of the consent")
    REQUEST_ANSWERED = "request_answered", _("answer to the request")
    IMPORT_FINISHED = "import_finished", _("end of the import")
    AGREEMENT_ENDED = "agreement_ended", _("end of the agreement")
    RELEASED = "released", _("release of the hold")


def floor_is_kept() -> models.Q:
    """Return the condition that a period leaves the floor whole on whatever day of the month the clock is read."""
    no_period = models.Q(months__isnull=True)
    floored = models.Q(retention_class__in=FLOORED_CLASSES)
    return no_period | models.Q(months__gt=models.F("floor_months")) & (
        ~floored | models.Q(floor_months__gte=FLOOR_MONTHS)
    )


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    """Versions of the retention rules."""

    def current(self) -> "RetentionRuleQuerySet":
        """Return the version of each class that is in force."""
        return self.filter(valid_to__isnull=True)


class RetentionRule(models.Model):
    """One version of how long one retention class is kept; a new version ends the old one, nothing is overwritten.

    `months` run from the cutoff event; None keeps the class as long as the portal runs. The floor (complete calendar
    months before the current one) cannot be undercut: a CHECK wants a longer period than the floor, since a month
    counted back from the 31st may begin inside the oldest month of the floor.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    retention_class = models.CharField(_("retention class"), max_length=40)
    cutoff = models.CharField(_("clock starts with"), max_length=30, choices=Cutoff.choices)
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    floor_months = models.PositiveSmallIntegerField(_("floor in complete months"), default=0)
    citation = models.CharField(_("citation"), max_length=300)
    valid_from = models.DateTimeField(editable=False)
    valid_to = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_by_name = models.CharField(max_length=200, editable=False)
    proposal = models.OneToOneField(
        "retention.RuleProposal", null=True, blank=True, on_delete=models.PROTECT, related_name="rule", editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RetentionRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["retention_class"], condition=models.Q(valid_to__isnull=True), name="rule_one_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="rule_period_ordered",
            ),
            models.CheckConstraint(
                condition=floor_is_kept(),
                name="rule_keeps_the_floor",
                violation_error_message=_("The latest twelve complete months of usage and bills must be kept."),
            ),
            models.CheckConstraint(condition=models.Q(cutoff__in=Cutoff.values), name="rule_cutoff_known"),
            models.CheckConstraint(condition=~models.Q(citation=""), name="rule_cites_its_ground"),
        ]

    def __str__(self) -> str:
        return f"{self.retention_class}: {self.months or '∞'}"

    @property
    def ground(self) -> str:
        """Return the citation in the language of the page, where it is one that the portal was installed with."""
        return in_words(self.citation)


class RuleProposalQuerySet(models.QuerySet["RuleProposal"]):
    """Changes of rules that somebody wishes."""

    def waiting(self) -> "RuleProposalQuerySet":
        """Return those that are approved and wait until the privacy notice says so."""
        return self.filter(is_approved=True, rule__isnull=True, withdrawn_at__isnull=True)


class RuleProposal(Proposal):
    """A change of a rule that somebody wishes; one that shortens a period waits for a second person.

    Another period, approved, waits until what customers are told says so; who keeps that (the package of notices) then
    calls `put_rule_in_force`. Until then it can be withdrawn.
    """

    retention_class = models.CharField(_("retention class"), max_length=40)
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    floor_months = models.PositiveSmallIntegerField(_("floor in complete months"), default=0)
    citation = models.CharField(_("citation"), max_length=300)
    is_shortening = models.BooleanField(editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by_name = models.CharField(max_length=200, blank=True, db_default="", editable=False)

    objects = RuleProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_at", "withdrawn_by_name"), name="proposal_withdrawn_at_by"
            ),
            *proposal_constraints("proposal", one_may_approve=models.Q(is_shortening=False)),
            models.CheckConstraint(
                condition=floor_is_kept(),
                name="proposal_keeps_the_floor",
                violation_error_message=_("The latest twelve complete months of usage and bills must be kept."),
            ),
            models.CheckConstraint(condition=~models.Q(citation=""), name="proposal_cites_its_ground"),
            models.UniqueConstraint(
                fields=["retention_class"],
                condition=models.Q(decided_at__isnull=True),
                name="proposal_one_open",
                violation_error_message=_("A change of this rule already waits for a decision."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.retention_class} → {self.months}"
