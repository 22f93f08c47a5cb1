from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Recipient
from consent.models.purposes import Purpose

if TYPE_CHECKING:
    from consent.models.requests import ProjectRequest


class OfferQuerySet(models.QuerySet["Offer"]):
    """What organizations ask customers for."""

    def open(self) -> "OfferQuerySet":
        """Return those that still stand, of organizations that may receive data."""
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=Now())
        return self.filter(unexpired, closed_at__isnull=True, recipient__stopped_at__isnull=True)

    def for_customer(self, customer: Customer) -> "OfferQuerySet":
        """Return those made to this customer, and those made to everybody."""
        return self.filter(models.Q(customer=customer) | models.Q(customer__isnull=True))


class Offer(models.Model):
    """What an organization asks customers to agree to: for one customer, or (without one) for every customer.

    It permits nothing. The customer reviews it in the portal, narrows it, and agrees or declines. `months_back` is how
    far back the data reaches that is asked for. The desk makes one, or a request that the organization filed
    (`ProjectRequest`) once it matched the customer; such a one expires.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="offers")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="offers")
    project = models.CharField(_("project"), max_length=200, blank=True)
    field_ids = ArrayField(models.CharField(max_length=80))
    months_back = models.PositiveSmallIntegerField(default=12)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "purpose", "project", "customer"],
                condition=models.Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="offer_open_once",
                violation_error_message=_("This organization already asks for this."),
            ),
            models.CheckConstraint(condition=models.Q(field_ids__len__gt=0), name="offer_asks_for_something"),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, closed_by__isnull=True)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
                name="offer_closed_at_by",
            ),
        ]
        indexes = [
            models.Index(fields=["closed_at"], name="offer_by_end", condition=models.Q(closed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.purpose}"

    @property
    def requests(self) -> list["ProjectRequest"]:
        """Return the requests that the organization filed and that stand behind it, the latest first."""
        return [match.request for match in self.matches.select_related("request").order_by("-pk")]


class OfferDecline(models.Model):
    """That a customer said no to an offer. It costs them nothing, and they may still agree later. Append-only."""

    id = models.BigAutoField(primary_key=True)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="declines")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "customer"], name="offerdecline_once")]

    def __str__(self) -> str:
        return f"{self.customer} declined {self.offer}"
