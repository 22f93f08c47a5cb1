from datetime import date
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils.translation import gettext_lazy as _

from disclosures.models.demands import LegalDemand
from ledger.models import Witnessed


class NonDisclosureOrderQuerySet(models.QuerySet["NonDisclosureOrder"]):
    """Orders not to tell customers of demands."""

    def latest_of(self, demand: LegalDemand) -> "NonDisclosureOrder | None":
        """Return the order, or its last extension, by which a demand is hidden or was."""
        return self.filter(demand=demand).order_by("-pk").first()


class NonDisclosureOrder(Witnessed):
    """A court's order not to tell the customers of a demand, until and with a day or until it is lifted. Append-only.

    An extension is a row of its own that names what it extends. While the order stands, a concealment a named customer
    (`accounts.Concealment`) hides the demand, its releases, looks and holds; it ends with the order's last day, or when
    staff record that the court lifted it.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    demand = models.ForeignKey(LegalDemand, on_delete=models.PROTECT, related_name="orders")
    extends = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="extended_by")
    authority = models.CharField(_("issued by"), max_length=200)
    citation = models.CharField(_("order or statute"), max_length=300)
    last_day = models.DateField(_("last day of the order"), null=True, blank=True)
    document = models.ForeignKey("protection.SealedFile", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    objects = NonDisclosureOrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(authority="") & ~models.Q(citation=""), name="order_says_who_and_what"
            ),
            models.UniqueConstraint(
                fields=["demand"], condition=models.Q(extends__isnull=True), name="order_first_once_a_demand"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citation} ({self.authority})"

    def is_over(self, day: date) -> bool:
        """Say whether the last day of the order is past."""
        return self.last_day is not None and self.last_day < day
