from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Customer, OutboxMessage
from consent.models.notices import Notice


class Occasion(models.TextChoices):
    """Why a customer is sent the privacy notice."""

    OPENED = "opened", _("Account opened")
    YEARLY = "yearly", _("Once a year")
    CHANGED = "changed", _("The notice changed")


class NoticeRun(models.Model):
    """One round in which every customer is sent the privacy notice: once a year, or because it changed.

    `key` says which round it is, so that there is one of each ("yearly:2026", "changed:3"). Customers are gone through
    in the order of their ids; `last_customer_id` is how far, so that a killed round goes on where it stood.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    key = models.CharField(max_length=40, unique=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="runs")
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    total = models.PositiveBigIntegerField()
    done = models.PositiveBigIntegerField(default=0)
    asked = models.PositiveBigIntegerField(default=0)
    last_customer_id = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    moved_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(occasion__in=["yearly", "changed"]), name="noticerun_occasion_known"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def share(self) -> float:
        """Return how much of the round is done, 0 to 1."""
        if self.finished_at is not None:
            return 1.0
        return min(self.done / self.total, 0.99) if self.total else 0.0


class NoticeDelivery(models.Model):
    """That a customer was to be sent a version of the privacy notice, why, and what became of it.

    The message itself is a row of the outbox and is forgotten before this; a trigger copies from it how it went
    (`status`, `channel`, `language`, `settled_at`). One per customer and `key`, whatever runs twice.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="notice_deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    key = models.CharField(max_length=60)
    message = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    status = models.CharField(
        max_length=10, choices=OutboxMessage.Status.choices, default=OutboxMessage.Status.PENDING, db_default="pending"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True, db_default="")
    language = models.CharField(max_length=5, blank=True, db_default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="noticedelivery_once_a_key"),
            models.CheckConstraint(
                condition=Q(occasion__in=["opened", "yearly", "changed"]), name="noticedelivery_occasion_known"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="noticedelivery_by_customer"),
            models.Index(fields=["-created_at", "-id"], name="noticedelivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.key} to {self.customer_id}"
