"""Agreements with recipients: what was signed, which clauses it has, how it ended, what became of the data."""

from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.periods import in_force, period_is_ordered
from accounts.models.recipients import Recipient
from protection.models import SealedFile


class RecipientAgreementQuerySet(models.QuerySet["RecipientAgreement"]):
    """Confidentiality agreements with recipients."""

    def in_force(self, day: date) -> "RecipientAgreementQuerySet":
        """Return those that hold on `day`."""
        return self.filter(in_force(day))

    def over(self, day: date) -> "RecipientAgreementQuerySet":
        """Return those that had ended by `day`."""
        return self.filter(valid_to__lte=day)


class RecipientAgreement(models.Model):
    """A recipient's confidentiality agreement for a period, with the signed document."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(_("title"), max_length=200)
    document = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT)
    signed_on = models.DateField(_("signed on"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RecipientAgreementQuerySet.as_manager()

    class Meta:
        constraints = [period_is_ordered("recipient_agreement_period_ordered")]

    def __str__(self) -> str:
        return f"{self.title} ({self.recipient})"


class Clause(models.TextChoices):
    """What an agreement must say before a firm is trusted with customers' data (promises M15, W6)."""

    NO_LESS_PROTECTIVE = "no_less_protective", _("Protects the data no less than we do")
    BREACH_NOTICE = "breach_notice", _("Tells us of a breach, and by when")
    ONWARD_TRANSFER = "onward_transfer", _("Passes nothing on without our word")
    RETURN_OR_DESTRUCTION = "return_or_destruction", _("Returns or destroys the data at the end")


class AgreementClause(models.Model):
    """That somebody looked for a clause in an agreement, found it or not, and where. Append-only: the latest counts."""

    id = models.BigAutoField(primary_key=True)
    agreement = models.ForeignKey(RecipientAgreement, on_delete=models.PROTECT, related_name="clauses")
    code = models.CharField(max_length=30, choices=Clause.choices)
    is_met = models.BooleanField()
    place = models.CharField(_("place in the document"), max_length=200, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    code__in=["no_less_protective", "breach_notice", "onward_transfer", "return_or_destruction"]
                ),
                name="agreementclause_known",
            ),
            models.CheckConstraint(
                condition=Q(is_met=False) | ~Q(place=""),
                name="agreementclause_met_says_where",
                violation_error_message=_("Say where in the document the clause stands."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.is_met}"


class AgreementEnding(models.Model):
    """That an agreement was ended before its last day, or given one, and why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    agreement = models.ForeignKey(RecipientAgreement, on_delete=models.PROTECT, related_name="endings")
    former_valid_to = models.DateField(null=True)
    valid_to = models.DateField()
    reason = models.CharField(max_length=500)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="agreementending_states_a_reason"),
            models.CheckConstraint(
                condition=Q(former_valid_to__isnull=True) | Q(former_valid_to__gt=models.F("valid_to")),
                name="agreementending_only_shortens",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.valid_to}"


class ReturnCertificate(models.Model):
    """A recipient's word, on paper, that it returned or destroyed what it had under an agreement. Append-only."""

    class What(models.TextChoices):
        RETURNED = "returned", _("Returned")
        DESTROYED = "destroyed", _("Destroyed")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    agreement = models.OneToOneField(RecipientAgreement, on_delete=models.PROTECT, related_name="return_certificate")
    what = models.CharField(max_length=10, choices=What.choices)
    done_on = models.DateField()
    signer_name = models.CharField(max_length=200)
    document = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="+")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(what__in=["returned", "destroyed"]), name="returncertificate_says_what"),
            models.CheckConstraint(condition=~Q(signer_name=""), name="returncertificate_is_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.what}"
