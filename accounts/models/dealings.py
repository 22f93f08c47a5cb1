"""What the provider knows of a recipient beside its name. What is over stays, with who ended it."""

from typing import Self, TypeVar
from uuid import uuid4

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.recipients import Recipient

HTTPS_ADDRESS = r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[^\s\\]*)?$"
"""An address in the web without a user's name before the host, which could pass for the host."""


def _over(prefix: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{prefix}_at__isnull": True, f"{prefix}_by__isnull": True})
        | Q(**{f"{prefix}_at__isnull": False, f"{prefix}_by__isnull": False}),
        name=name,
    )


_Dealing = TypeVar("_Dealing", bound=models.Model)


class CurrentQuerySet(models.QuerySet[_Dealing]):
    """Rows that may have been removed."""

    def current(self) -> Self:
        """Return those that nobody removed."""
        return self.filter(removed_at__isnull=True)


class RecipientContact(models.Model):
    """Somebody at a recipient, by what they are asked about."""

    class Part(models.TextChoices):
        AGREEMENTS = "agreements", _("Agreements")
        PRIVACY = "privacy", _("Privacy")
        SECURITY = "security", _("Security and breaches")
        TECHNICAL = "technical", _("Transfer of data")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="contacts")
    part = models.CharField(_("is asked about"), max_length=12, choices=Part.choices)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone number"), max_length=30, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(part__in=["agreements", "privacy", "security", "technical"]),
                name="recipientcontact_part_known",
            ),
            _over("removed", "recipientcontact_removed_at_by"),
        ]

    def __str__(self) -> str:
        return self.name


class RecipientSite(models.Model):
    """A recipient's address in the web to which the portal may hand a customer over, and no other."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="sites")
    label = models.CharField(_("what customers find there"), max_length=100)
    address = models.CharField(
        _("address"),
        max_length=500,
        validators=[RegexValidator(HTTPS_ADDRESS, _("Enter the full address, which begins with https://."))],
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(address__regex=HTTPS_ADDRESS), name="recipientsite_is_https"),
            _over("removed", "recipientsite_removed_at_by"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def host(self) -> str:
        """Return the name that the browser's address line will show."""
        return self.address.split("/")[2]


class OnwardRecipient(models.Model):
    """A firm to which a recipient passes customers' data on, and under what."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="onward_recipients")
    name = models.CharField(_("name of the firm"), max_length=200)
    task = models.CharField(_("what it does for the recipient"), max_length=200)
    data = models.CharField(_("which data it gets"), max_length=200)
    terms = models.CharField(_("under what"), max_length=200, help_text=_("The contract or clause that binds it."))
    since = models.DateField(_("since"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = CurrentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(terms=""), name="onwardrecipient_is_bound"),
            _over("removed", "onwardrecipient_removed_at_by"),
        ]

    def __str__(self) -> str:
        return self.name


class RecipientIncident(models.Model):
    """Something that went wrong at a recipient: a leak, a misuse, a complaint, a missed duty."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="incidents")
    title = models.CharField(_("what happened, in a few words"), max_length=200)
    description = models.TextField(_("what happened"), max_length=4000)
    happened_on = models.DateField(_("happened on"), null=True, blank=True)
    reported_on = models.DateField(_("reported to us on"))
    reported_by = models.CharField(_("reported by"), max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    outcome = models.TextField(max_length=4000, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(happened_on__isnull=True) | Q(happened_on__lte=models.F("reported_on")),
                name="recipientincident_reported_afterwards",
                violation_error_message=_("It was reported after it happened. Correct one of the two days."),
            ),
            _over("closed", "recipientincident_closed_at_by"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | ~Q(outcome=""), name="recipientincident_closed_with_an_outcome"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Say whether it is still dealt with."""
        return self.closed_at is None


class RecipientNotice(models.Model):
    """Something that a recipient was told and is to acknowledge: that releases stopped, that its agreement ended."""

    class Kind(models.TextChoices):
        STOPPED = "stopped", _("Releases to you are stopped: use and pass on nothing more")
        RESUMED = "resumed", _("Releases to you are allowed again")
        RETURN_DUE = "return_due", _("An agreement ended: return or destroy the data, and send us the certificate")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    agreement = models.ForeignKey(
        "accounts.RecipientAgreement", null=True, on_delete=models.PROTECT, related_name="notices"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    acknowledged_at = models.DateTimeField(null=True, editable=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["stopped", "resumed", "return_due"]), name="recipientnotice_kind_known"
            ),
            models.UniqueConstraint(
                fields=["agreement", "kind"], condition=Q(kind="return_due"), name="recipientnotice_asks_once"
            ),
            _over("acknowledged", "recipientnotice_acknowledged_at_by"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.kind}"
