from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """A way to reach somebody, in the order in which the portal tries them."""

    EMAIL = "email", _("E-mail")
    TEXT = "text", _("Text message")
    POST = "post", _("Post")
    TELEPHONE = "telephone", _("Telephone")


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages, sent and to be sent."""

    def due(self) -> "OutboxMessageQuerySet":
        """Return those whose next try has come, by the database's clock."""
        return self.filter(status=OutboxMessage.Status.PENDING, due_at__lte=Now())

    def at_desk(self) -> "OutboxMessageQuerySet":
        """Return those that wait for staff: letters to print, calls to make."""
        return self.filter(status=OutboxMessage.Status.AT_DESK)


class OutboxMessage(models.Model):
    """One message that any package asked for and the one sender sends, suppresses or gives up.

    It goes to one customer, user or recipient organization, or to the provider's privacy contact. It holds no text:
    `context` has ids and plain values alone, and what the addressee reads is written when it leaves, in their language
    and with what is true then. What was asked for is frozen by trigger, and what became of it once it is final.
    """

    class Addressee(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        USER = "user", _("User")
        RECIPIENT = "recipient", _("Organization")
        PROVIDER = "provider", _("Privacy contact")

    class Status(models.TextChoices):
        PENDING = "pending", _("To be sent")
        AT_DESK = "at_desk", _("Waiting at the desk")
        SENT = "sent", _("Sent")
        SUPPRESSED = "suppressed", _("Not sent")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    addressee = models.CharField(max_length=10, choices=Addressee.choices)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.PROTECT, related_name="messages")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="outbox_messages"
    )
    recipient = models.ForeignKey("accounts.Recipient", null=True, on_delete=models.PROTECT, related_name="messages")
    topic = models.CharField(max_length=40)
    template = models.CharField(max_length=80)
    context = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=200, blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    poster_kind = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True)
    language = models.CharField(max_length=5, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(addressee="customer", customer__isnull=False, user__isnull=True, recipient__isnull=True)
                | Q(addressee="user", customer__isnull=True, user__isnull=False, recipient__isnull=True)
                | Q(addressee="recipient", customer__isnull=True, user__isnull=True, recipient__isnull=False)
                | Q(addressee="provider", customer__isnull=True, user__isnull=True, recipient__isnull=True),
                name="outbox_one_addressee",
            ),
            models.UniqueConstraint(fields=["dedup_key"], condition=~Q(dedup_key=""), name="outbox_once_a_key"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "at_desk", "sent", "suppressed", "failed"]),
                name="outbox_status_known",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["", "email", "text", "post", "telephone"]), name="outbox_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "at_desk"], settled_at__isnull=True)
                | Q(status__in=["sent", "suppressed", "failed"], settled_at__isnull=False),
                name="outbox_settled_at",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["at_desk", "sent"]) | (~Q(channel="") & ~Q(language="")),
                name="outbox_sent_by_a_channel",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["suppressed", "failed"]) | ~Q(outcome=""), name="outbox_says_why_not"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="outbox_due"),
            models.Index(fields=["channel", "id"], condition=Q(status="at_desk"), name="outbox_at_desk"),
            models.Index(fields=["customer", "-created_at"], name="outbox_by_customer"),
            models.Index(fields=["created_at"], name="outbox_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.uuid}"

    @property
    def is_settled(self) -> bool:
        """Say whether it is decided what became of the message."""
        return self.settled_at is not None
