from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed
from protection import datamap


class CustomerOpeningQuerySet(models.QuerySet["CustomerOpening"]):
    """The access log: who of the provider looked at whom, and why."""

    def unexpired(self, at: datetime) -> "CustomerOpeningQuerySet":
        """Return the openings under which a customer may still be looked at."""
        return self.filter(expires_at__gt=at)

    def shown_to_subject(self) -> "CustomerOpeningQuerySet":
        """Return those that the customer may know of: all but what an order not to tell still hides."""
        return self.filter(models.Q(concealment__isnull=True) | models.Q(concealment__ended_at__isnull=False))


class CustomerOpening(Witnessed):
    """One look of one of the provider's people at one customer, with the stated reason; the customer sees it too.

    Append-only. It lets the person see that customer's pages until it expires. One under an order not to tell names
    the concealment, and the customer sees it once that ended.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="openings")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="openings")
    reason = models.CharField(_("reason"), max_length=500)
    concealment = models.ForeignKey(
        "accounts.Concealment", null=True, on_delete=models.PROTECT, related_name="openings", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(editable=False)

    objects = CustomerOpeningQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="opening_states_a_reason"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="opening_expires_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "customer", "-expires_at"], name="opening_by_user"),
            models.Index(fields=["created_at"], name="opening_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"


class ValueReveal(Witnessed):
    """One time that a sealed value was shown in full, to whom and why; the customer sees it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="reveals")
    field_id = models.CharField(max_length=80)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    concealment = models.ForeignKey(
        "accounts.Concealment", null=True, on_delete=models.PROTECT, related_name="reveals", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="reveal_by_customer"),
            models.Index(fields=["created_at"], name="reveal_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.field_id}"

    @property
    def label(self) -> str:
        """Return the shown field's name for people."""
        return datamap.field_by_id(self.field_id).label
