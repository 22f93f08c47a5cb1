from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from disclosures.models.releases import Format, labels_of
from retention.models.proposals import Proposal, proposal_constraints


class ReleaseProposal(Proposal):
    """A release that takes two persons: to many customers, of government ids, or made in an emergency.

    The first two wait for the second person before anything goes out; a release in an emergency goes out at once and is
    reviewed by `due_at`. Either `customer_ids` names the customers, or `cohort` says by what they are chosen (with
    `account_ids` where that is a list). One that `is_nightly` becomes a `StandingFeed` when it is approved. `estimate`
    is what the gate said when it was proposed. Written once, then only decided.
    """

    class Kind(models.TextChoices):
        BULK = "bulk", _("Many customers")
        GOVERNMENT_ID = "government_id", _("Government ids")
        EMERGENCY = "emergency", _("Emergency, reviewed afterwards")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    recipient = models.ForeignKey("accounts.Recipient", on_delete=models.PROTECT, related_name="+")
    purpose = models.ForeignKey("consent.Purpose", on_delete=models.PROTECT, related_name="+")
    basis = models.ForeignKey("disclosures.LegalBasis", on_delete=models.PROTECT, related_name="+")
    field_ids = ArrayField(models.CharField(max_length=80))
    data_from = models.DateField()
    data_to = models.DateField()
    format = models.CharField(max_length=12, choices=Format.choices)
    document = models.ForeignKey("protection.SealedFile", null=True, on_delete=models.PROTECT, related_name="+")
    notice_served_on = models.DateField(null=True)
    customer_ids = ArrayField(models.BigIntegerField(), default=list)
    account_ids = ArrayField(models.BigIntegerField(), default=list)
    cohort = models.JSONField(null=True)
    requester = models.JSONField(null=True)
    estimate = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)
    is_nightly = models.BooleanField(default=False, db_default=False)
    decision_reason = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        constraints = [
            *proposal_constraints("releaseproposal"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["bulk", "government_id", "emergency"]), name="releaseproposal_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="emergency", due_at__isnull=False)
                | (~models.Q(kind="emergency") & models.Q(due_at__isnull=True)),
                name="releaseproposal_review_has_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(cohort__isnull=True) | models.Q(customer_ids=[]),
                name="releaseproposal_names_or_chooses",
            ),
        ]
        indexes = [
            models.Index(
                fields=["proposed_at"], condition=models.Q(decided_at__isnull=True), name="releaseproposal_waiting"
            ),
            models.Index(fields=["proposed_at"], name="releaseproposal_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.get_kind_display()}"

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.field_ids)

    def customers(self) -> list[Customer]:
        """Return whose data is named; nothing where they are chosen by a cohort."""
        return list(Customer.objects.filter(pk__in=self.customer_ids).order_by("pk"))
