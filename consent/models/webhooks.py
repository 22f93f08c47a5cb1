from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Recipient, Role
from consent.models.consents import ConsentVersion
from protection.fields import SealedTextField
from protection.keystore import key_store

if TYPE_CHECKING:
    from accounts.models import User


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Addresses of organizations that are told of consents."""

    def in_use(self) -> "WebhookEndpointQuerySet":
        """Return those that are told of what comes."""
        return self.filter(retired_at__isnull=True)

    def visible_to(self, user: "User") -> "WebhookEndpointQuerySet":
        """Return those the user may see: an administrator all, an organization's users its own."""
        return self if user.role == Role.ADMINISTRATOR else self.filter(recipient=user.recipient_id or 0)


class WebhookEndpoint(models.Model):
    """An address at which an organization's system is told what happened to consents that name it.

    Signed with `secret`; until `former_until` also with the one before, so that the other side can change over.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.URLField(_("address"), max_length=500)
    secret = SealedTextField(field_id="webhook.secret")
    former_secret = SealedTextField(field_id="webhook.former_secret")
    former_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:(443|8443))?([/?][!-~]*)?$"),
                name="webhook_public_https_name",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True, retired_by__isnull=True)
                | Q(retired_at__isnull=False, retired_by__isnull=False),
                name="webhook_retired_at_by",
            ),
            models.UniqueConstraint(
                fields=["recipient", "url"],
                condition=Q(retired_at__isnull=True),
                name="webhook_once_an_address",
                violation_error_message=_("This address is told already."),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def sealing_key_id(self) -> UUID:
        """Return the key that seals the secrets: the one for what belongs to no customer."""
        return key_store().system_key()

    def secrets(self, now: datetime) -> list[str]:
        """Return the secrets that are valid at a moment, the newest first."""
        is_former_valid = self.former_until is not None and self.former_until > now
        return [self.secret, self.former_secret] if is_former_valid else [self.secret]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """What endpoints were told, or are to be."""

    def due(self) -> "WebhookDeliveryQuerySet":
        """Return those whose next try has come, by the database's clock."""
        return self.filter(status=WebhookDelivery.Status.PENDING, due_at__lte=Now())


class WebhookDelivery(models.Model):
    """One act on a consent that one endpoint is told of, or a test; a row of the outbox, and afterwards its record.

    A trigger writes it in the transaction of the act, whatever wrote that. Its UUID is the id of the message, the same
    in every try, by which the other side knows a repetition.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("To be delivered")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Given up")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ConsentVersion, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING, db_default="pending")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    answered = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=100, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    settled_at = models.DateTimeField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "version"], name="webhook_told_once"),
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(kind="ping", status="pending"), name="webhook_one_test_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(kind="ping", version__isnull=True)
                | Q(
                    kind__in=["consent.granted", "consent.changed", "consent.withdrawn", "consent.expired"],
                    version__isnull=False,
                ),
                name="webhook_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", settled_at__isnull=True)
                | Q(status__in=["delivered", "dead"], settled_at__isnull=False),
                name="webhook_settled_at",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="webhook_due"),
            models.Index(fields=["endpoint", "-created_at"], name="webhook_by_endpoint"),
            models.Index(fields=["created_at"], name="webhook_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
