from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Recipient
from consent.models.offers import Offer
from consent.models.purposes import Purpose
from ledger.models import Witnessed
from protection.models import SealedFile


class RequestUpload(models.Model):
    """A file of requests that an organization handed in, and what became of each line. Append-only.

    `report` has one object a line: `line`, `project`, and either `request` (its UUID) or `problems` (texts). The same
    file again is answered with this row.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="request_uploads")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    original = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="+")
    report = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "sha256"], name="requestupload_answered_once")]
        indexes = [models.Index(fields=["created_at"], name="requestupload_by_age")]

    def __str__(self) -> str:
        return self.name

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """Return the lines that became requests."""
        return [line for line in self.report if "request" in line]

    @property
    def refused(self) -> list[dict[str, Any]]:
        """Return the lines that did not."""
        return [line for line in self.report if "request" not in line]


class ProjectRequest(Witnessed):
    """What a contractor or program files for one project: which customer it means, and which data it needs.

    The customer is named as the organization knows them; whether that matched anybody is in `RequestMatch`, which no
    organization sees. The state that it does see is computed by `consent_request_state`, never stored. What was filed
    never changes; the organization may take it back.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        APPROVED = "approved", _("Agreed to")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Taken back")

    NAMING = ("account_number", "customer_name", "postal_code", "email", "phone")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="project_requests")
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    program = models.CharField(_("program"), max_length=200)
    project = models.CharField(_("project"), max_length=200)
    description = models.TextField(_("what is to be done"), max_length=2000)
    funds = models.DecimalField(_("funds to be reserved"), max_digits=12, decimal_places=2)
    contact_name = models.CharField(_("contact person"), max_length=200)
    contact_email = models.EmailField(_("contact's e-mail address"))
    contact_phone = models.CharField(_("contact's telephone number"), max_length=30, blank=True)
    field_ids = ArrayField(models.CharField(max_length=80))
    months_back = models.PositiveSmallIntegerField()
    account_number = models.CharField(_("account number"), max_length=40)
    customer_name = models.CharField(_("customer's name"), max_length=200)
    postal_code = models.CharField(_("ZIP code of the service address"), max_length=20)
    email = models.EmailField(_("customer's e-mail address"), blank=True)
    phone = models.CharField(_("customer's telephone number"), max_length=30, blank=True)
    fingerprint = models.BinaryField(max_length=32, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(field_ids__len__gt=0), name="projectrequest_asks_for_something"),
            models.CheckConstraint(condition=models.Q(funds__gt=0), name="projectrequest_reserves_funds"),
            models.CheckConstraint(
                condition=~models.Q(program="")
                & ~models.Q(project="")
                & ~models.Q(description="")
                & ~models.Q(contact_name="")
                & ~models.Q(contact_email="")
                & ~models.Q(account_number="")
                & ~models.Q(customer_name="")
                & ~models.Q(postal_code=""),
                name="projectrequest_is_filled_in",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="projectrequest_expires_later"
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | models.Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="projectrequest_withdrawn_at_by",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="projectrequest_by_recipient"),
            models.Index(fields=["recipient", "fingerprint"], name="projectrequest_by_fingerprint"),
            models.Index(fields=["expires_at"], name="projectrequest_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.program}: {self.project}"


class RequestMatch(Witnessed):
    """Whom a request means, as the portal or then a clerk found. Append-only; the last one counts.

    No organization sees any of it. `points` are the data points that agreed with the record.
    """

    class Outcome(models.TextChoices):
        MATCHED = "matched", _("Put before the customer")
        NO_MATCH = "no_match", _("Nobody matches in two points")
        AMBIGUOUS = "ambiguous", _("Several customers match")
        CLOSED = "closed", _("The account is closed")
        MINOR = "minor", _("A minor without a verified guardian")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    request = models.ForeignKey(ProjectRequest, on_delete=models.PROTECT, related_name="matches")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="request_matches"
    )
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="matches")
    points = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(outcome="matched"), name="requestmatch_put_before_one"
            ),
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(matched_by__isnull=True), name="requestmatch_by_the_portal_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="matched", customer__isnull=False, offer__isnull=False)
                | models.Q(outcome__in=["no_match", "ambiguous"], customer__isnull=True, offer__isnull=True)
                | models.Q(outcome__in=["closed", "minor"], customer__isnull=False, offer__isnull=True),
                name="requestmatch_names_whom_it_found",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="matched", matched_by__isnull=True) | models.Q(points__len__gte=2),
                name="requestmatch_needs_two_points",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.outcome}"
