from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer

if TYPE_CHECKING:
    from accounts.models import User


class RightsRequestQuerySet(models.QuerySet["RightsRequest"]):
    """Requests, inquiries and complaints of customers."""

    def visible_to(self, user: "User") -> "RightsRequestQuerySet":
        """Return those the user may know of: all for the provider's people, else those of customers they belong to."""
        return self.filter(customer__in=Customer.objects.visible_to(user))

    def open(self) -> "RightsRequestQuerySet":
        """Return those that wait for an answer."""
        return self.filter(status=RightsRequest.Status.OPEN)

    def overdue(self, day: date) -> "RightsRequestQuerySet":
        """Return those that should have been answered before `day`."""
        return self.open().filter(due_on__lt=day)


class RightsRequest(models.Model):
    """What a customer asks of the provider about their data, with the clocks that run on it.

    `line_entry_id` is the ledger entry of the line of their disclosure history that it is about, if it is about one; a
    trigger holds it to the customer's own lines. The line may be purged before the request is.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", _("A copy of my data")
        DELETION = "deletion", _("Delete my data")
        DISCLOSURE_HISTORY = "disclosure_history", _("Who received my data")
        INQUIRY = "inquiry", _("A question about privacy")
        COMPLAINT = "complaint", _("A complaint")

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for our answer")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Withdrawn")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="rights_requests")
    kind = models.CharField(_("kind of request"), max_length=20, choices=Kind.choices)
    text = models.TextField(_("what you ask for"))
    line_entry_id = models.BigIntegerField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    confirm_due_on = models.DateField()
    due_on = models.DateField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True)

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["access", "deletion", "disclosure_history", "inquiry", "complaint"]),
                name="request_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "closed"], answered_at__isnull=True, answered_by__isnull=True)
                | models.Q(status="answered", answered_at__isnull=False, answered_by__isnull=False),
                name="request_answered_at_by",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="answered") | ~models.Q(answer=""), name="request_answered_in_words"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | models.Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="request_confirmed_at_by",
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="request_says_something"),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=models.Q(status="open"), name="request_queue"),
            models.Index(fields=["customer", "-received_at"], name="request_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.status})"

    @property
    def is_open(self) -> bool:
        """Say whether the provider has yet to answer."""
        return self.status == self.Status.OPEN
