from datetime import date
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.periods import in_force, period_is_ordered
from accounts.models.proofs import IdentityDocument
from protection.models import SealedFile


class Act(models.TextChoices):
    """What somebody may do for a customer."""

    SEE = "see", _("See data and agreements")
    CORRECT = "correct", _("Have data corrected, and file requests")
    CONSENT = "consent", _("Agree that data is shared")
    WITHDRAW = "withdraw", _("Withdraw agreements, or give less")


class AgentAuthorizationQuerySet(models.QuerySet["AgentAuthorization"]):
    """What customers let agents do."""

    def in_force(self, day: date) -> "AgentAuthorizationQuerySet":
        """Return those that hold on `day`."""
        return self.filter(in_force(day), revoked_at__isnull=True)


class AgentAuthorization(models.Model):
    """A customer's signed permission that a user acts for them: which acts, on which accounts, from when to when.

    The scan of the permission is sealed, and how it compares with the record is kept in `verification`. Without
    `all_accounts` it holds for the accounts alone whose memberships name this row, and such an agent agrees to the
    sharing of those accounts' meters only. The customer or staff revoke it at once; nothing else ever changes.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="authorizations")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="authorizations")
    acts = ArrayField(models.CharField(max_length=10, choices=Act.choices))
    all_accounts = models.BooleanField()
    signed_on = models.DateField(_("signed on"))
    signer_name = models.CharField(_("signed by"), max_length=200)
    document = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="+")
    verification = models.JSONField()
    identity_document = models.CharField(
        _("the agent's identity document"), max_length=20, choices=IdentityDocument.choices
    )
    valid_from = models.DateField()
    valid_to = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoke_reason = models.CharField(max_length=500, blank=True)

    objects = AgentAuthorizationQuerySet.as_manager()

    class Meta:
        constraints = [
            period_is_ordered("agentauthorization_period_ordered"),
            models.UniqueConstraint(fields=["id", "agent"], name="agentauthorization_with_its_agent"),
            models.UniqueConstraint(fields=["id", "customer"], name="agentauthorization_with_its_customer"),
            models.CheckConstraint(
                condition=models.Q(acts__contains=["see"])
                & models.Q(acts__contained_by=["see", "correct", "consent", "withdraw"]),
                name="agentauthorization_acts_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    identity_document__in=["passport", "driver_license", "state_id", "consular_id", "other"]
                ),
                name="agentauthorization_document_known",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="agentauthorization_revoked_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent} for {self.customer}"

    @property
    def act_labels(self) -> list[str]:
        """Return what the agent may do, in words, in the order of the choices."""
        return [str(Act(act).label) for act in Act.values if act in self.acts]

    def state_on(self, day: date) -> str:
        """Return `revoked`, `waiting`, `ended` or `running`: computed, never stored."""
        if self.revoked_at is not None:
            return "revoked"
        if day < self.valid_from:
            return "waiting"
        return "running" if day < self.valid_to else "ended"
