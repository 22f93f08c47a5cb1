from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.services import new_tag


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Organizations that may receive data."""

    def receiving(self) -> "RecipientQuerySet":
        """Return those to which releases are not stopped."""
        return self.filter(stopped_at__isnull=True)


class Recipient(models.Model):
    """An organization that may receive personal data, and the switch that stops every release to it at once.

    Who stopped it cannot be who lets it go on: a trigger compares `resumed_by` with who had stopped it.
    """

    class Kind(models.TextChoices):
        CONTRACTOR = "contractor", _("Contractor")
        AUTHORISED_THIRD_PARTY = "authorised_third_party", _("Third party authorised by the customer")
        GOVERNMENT_AGENCY = "government_agency", _("Government agency")
        COURT = "court", _("Court")
        EMERGENCY_SERVICE = "emergency_service", _("Emergency service")
        COLLECTION_AGENCY = "collection_agency", _("Credit or collection agency")
        MERGER_COUNTERPARTY = "merger_counterparty", _("Counterparty of a merger, sale or financing")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    tag = models.BinaryField(max_length=16, unique=True, default=new_tag, editable=False)
    legal_name = models.CharField(_("legal name"), max_length=200, unique=True)
    trade_name = models.CharField(_("trade name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind.choices)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone number"), max_length=30, blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)
    registered_address = models.TextField(_("registered office"), blank=True, default="", db_default="")
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stop_reason = models.TextField(blank=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=True, stopped_by__isnull=True)
                | models.Q(stopped_at__isnull=False, stopped_by__isnull=False),
                name="recipient_stopped_at_by",
            ),
            models.CheckConstraint(
                condition=models.Q(stopped_at__isnull=True) | models.Q(resumed_by__isnull=True),
                name="recipient_stopped_or_resumed",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "contractor",
                        "authorised_third_party",
                        "government_agency",
                        "court",
                        "emergency_service",
                        "collection_agency",
                        "merger_counterparty",
                    ]
                ),
                name="recipient_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return self.trade_name or self.legal_name

    @property
    def is_stopped(self) -> bool:
        """Say whether every release to this recipient is stopped."""
        return self.stopped_at is not None
