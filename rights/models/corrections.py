from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer
from protection import datamap
from protection.fields import SealedTextField
from protection.models import SealedFile

if TYPE_CHECKING:
    from accounts.models import User


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Corrections of customers' data."""

    def visible_to(self, user: "User") -> "CorrectionQuerySet":
        """Return those the user may know of: all for the provider's people, else those of customers they belong to."""
        return self.filter(customer__in=Customer.objects.visible_to(user))

    def pending(self) -> "CorrectionQuerySet":
        """Return those that wait for a decision."""
        return self.filter(status=Correction.Status.PENDING)

    def overdue(self, day: date) -> "CorrectionQuerySet":
        """Return those that should have been decided before `day`."""
        return self.pending().filter(due_on__lt=day)


class Correction(models.Model):
    """A customer's demand that one field be put right: what was held, what is right, and what became of it.

    Both values are sealed under the customer's key. `applied` was done at once, since the field allows it; the other
    states belong to fields that staff look at first.
    """

    class Status(models.TextChoices):
        APPLIED = "applied", _("Corrected at once")
        PENDING = "pending", _("Waiting for review")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="corrections")
    row_uuid = models.UUIDField()
    field_id = models.CharField(max_length=80)
    old_value = SealedTextField(field_id="correction.old_value")
    new_value = SealedTextField(field_id="correction.new_value")
    reason = models.TextField(blank=True)
    evidence_file = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=Status.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_on = models.DateField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decision_reason = models.TextField(blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["applied", "pending"], decided_at__isnull=True, decided_by__isnull=True)
                | models.Q(
                    status__in=["accepted", "refused", "withdrawn"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="correction_decided_at_by",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="refused") | ~models.Q(decision_reason=""),
                name="correction_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["accepted", "refused"])
                | models.Q(requested_by__isnull=True)
                | ~models.Q(decided_by=models.F("requested_by")),
                name="correction_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["row_uuid", "field_id"], condition=models.Q(status="pending"), name="correction_pending_once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=models.Q(status="pending"), name="correction_queue"),
            models.Index(fields=["customer", "-created_at"], name="correction_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.field_id}: {self.status}"

    def sealing_key_id(self) -> UUID:
        """Return the id of the customer's key, which seals both values."""
        return self.customer.key_id

    @property
    def declaration(self) -> datamap.FieldDeclaration:
        """Return what the data map declares of the corrected field."""
        return datamap.field_by_id(self.field_id)

    @property
    def label(self) -> str:
        """Return the corrected field's name for people."""
        return self.declaration.label

    @property
    def is_pending(self) -> bool:
        """Say whether staff have yet to decide."""
        return self.status == self.Status.PENDING

    def row(self) -> Customer | Account:
        """Return the customer or the account whose field is corrected."""
        model = Account if self.declaration.model is Account else Customer
        return model.objects.get(uuid=self.row_uuid)
