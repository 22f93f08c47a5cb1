from datetime import date
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import AgentAuthorization, Customer, Guardianship, Recipient
from accounts.selectors import customers_of
from consent.models.notices import NoticeText
from consent.models.purposes import Purpose
from consent.models.served import ServedNotice
from consent.states import state_of, versions_in_state
from ledger.models import Witnessed
from protection.models import SealedFile

if TYPE_CHECKING:
    from accounts.models import User


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Heads of consents."""

    def visible_to(self, user: "User") -> "ConsentQuerySet":
        """Return those the user may know of: the provider's all, a recipient's own, a customer's own."""
        if user.is_provider:
            return self
        if user.recipient_id is not None:
            return self.filter(recipient=user.recipient_id)
        return self.filter(customer__in=customers_of(user))

    def with_state(self, day: date) -> "ConsentQuerySet":
        """Annotate each with its `state` on `day`, a StatusCode, as things stand now (see `consent.states`)."""
        return self.annotate(state=state_of("current_version", day))

    def in_state(self, code: str, day: date) -> "ConsentQuerySet":
        """Return those whose state on `day` is `code`, as things stand now."""
        return self.filter(current_version__in=versions_in_state([code], day))

    def with_scope(self) -> "ConsentQuerySet":
        """Join what a list shows: recipient, purpose, the current version and the last scope."""
        return self.select_related("customer", "recipient", "purpose", "current_version", "scope_version")


class Consent(models.Model):
    """The head of a customer's consents to one recipient for one purpose (and project, where there are several).

    Everything but the four names is moved by trigger when a version is appended; nobody may update it. `scope_version`
    is the last grant or narrowing, which says what the consent covers or covered; `current_version` is the last act.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="consents")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="consents")
    project = models.CharField(_("project"), max_length=200, blank=True)
    current_version = models.OneToOneField(
        "ConsentVersion", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    scope_version = models.OneToOneField(
        "ConsentVersion", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    is_granted = models.BooleanField(default=False, editable=False)
    version_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "recipient", "purpose", "project"],
                name="consent_once",
                violation_error_message=_("This customer already has a consent for this recipient and purpose."),
            ),
            models.UniqueConstraint(fields=["id", "customer", "recipient", "purpose"], name="consent_with_its_parties"),
        ]
        indexes = [
            models.Index(fields=["recipient", "purpose", "customer"], name="consent_by_recipient"),
            models.Index(fields=["-changed_at", "-id"], name="consent_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} to {self.recipient}: {self.purpose}"


class ConsentVersionQuerySet(models.QuerySet["ConsentVersion"]):
    """Acts on consents."""

    def with_scope(self) -> "ConsentVersionQuerySet":
        """Return those that say what is covered: grants and narrowings."""
        return self.filter(kind__in=ConsentVersion.SCOPE_KINDS)


class ConsentVersion(Witnessed):
    """One act on a consent: granted, narrowed, withdrawn or expired. Append-only; it moves the head by trigger.

    Periods are half-open. The data period is the span of data that may go; the permission period is the time during
    which it may go, and never begins before the day the version was recorded, whatever day the paper was signed.
    Empty `usage_point_ids` mean every usage point of the customer. A withdrawal and an expiry carry no scope; an expiry
    says by `cause` what ended it (empty: its period, in rows from before there were others). `signature` is what an
    electronic signature in the portal consists of, `verification` how a signed paper was held against the record.
    What a guardian agreed to rests on `guardianship`, also once it is narrowed; `authorization` is that of the agent
    who did this act.
    `scan_sha256` is the hash of the scan as it was handed in, by which the same paper is found again.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", _("Given")
        NARROW = "narrow", _("Narrowed")
        WITHDRAW = "withdraw", _("Withdrawn")
        EXPIRE = "expire", _("Expired")

    class Method(models.TextChoices):
        PORTAL = "portal", _("In this portal")
        PAPER = "paper", _("On paper")
        TELEPHONE = "telephone", _("By telephone")
        IN_PERSON = "in_person", _("In person")

    class Cause(models.TextChoices):
        EXPIRED = "expired", _("Its permission period ended")
        ACCOUNT_CLOSED = "account_closed", _("The account was closed")

    SCOPE_KINDS = (Kind.GRANT, Kind.NARROW)

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="versions")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(db_default=0, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True, default="", db_default="")
    usage_point_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    field_ids = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    datamap_version = models.PositiveIntegerField()
    data_from = models.DateField(null=True, blank=True)
    data_to = models.DateField(null=True, blank=True)
    permission_from = models.DateField(null=True, blank=True)
    permission_to = models.DateField(null=True, blank=True)
    notice_text = models.ForeignKey(NoticeText, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=Method.choices, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    signer_name = models.CharField(max_length=200, blank=True)
    served_notice = models.ForeignKey(
        ServedNotice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,  # the constraint of migration 0007 names the customer too
        db_index=False,
    )
    signature = models.JSONField(null=True, blank=True)
    verification = models.JSONField(null=True, blank=True)
    evidence_file = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    guardianship = models.ForeignKey(
        Guardianship,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,  # the constraint of migration 0011 names the customer too
        db_index=False,
    )
    authorization = models.ForeignKey(
        AgentAuthorization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    scan_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    reason = models.TextField(blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_kind = models.CharField(max_length=20)
    request_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConsentVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "number"], name="consentversion_number_once"),
            models.UniqueConstraint(
                fields=["id", "customer", "recipient", "purpose"], name="consentversion_with_its_parties"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["grant", "narrow", "withdraw", "expire"]),
                name="consentversion_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(method__in=["portal", "paper", "telephone", "in_person"])
                | models.Q(kind="expire", method=""),
                name="consentversion_method_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["grant", "narrow"],
                    field_ids__len__gt=0,
                    data_from__isnull=False,
                    permission_from__isnull=False,
                    notice_text__isnull=False,
                )
                | models.Q(
                    kind__in=["withdraw", "expire"],
                    field_ids__len=0,
                    usage_point_ids__len=0,
                    data_from__isnull=True,
                    data_to__isnull=True,
                    permission_from__isnull=True,
                    permission_to__isnull=True,
                    notice_text__isnull=True,
                ),
                name="consentversion_scope_by_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(cause="") | models.Q(kind="expire", cause__in=["expired", "account_closed"]),
                name="consentversion_cause_of_expiry",
            ),
            models.CheckConstraint(
                condition=models.Q(data_to__isnull=True) | models.Q(data_to__gt=models.F("data_from")),
                name="consentversion_data_ordered",
                violation_error_message=_("The last day of data must not come before the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(permission_to__isnull=True)
                | models.Q(permission_to__gt=models.F("permission_from")),
                name="consentversion_permission_ordered",
                violation_error_message=_("The permission must not end before it begins."),
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=["grant", "narrow"])
                | models.Q(method="portal")
                | (models.Q(signed_on__isnull=False, recorded_by__isnull=False) & ~models.Q(signer_name="")),
                name="consentversion_signed_and_recorded",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="grant", method="paper") | models.Q(evidence_file__isnull=False),
                name="consentversion_paper_has_evidence",
                violation_error_message=_("A consent on paper needs the scanned form."),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="consentversion_by_customer"),
            models.Index(fields=["served_notice"], name="consentversion_by_served"),
            models.Index(
                fields=["guardianship"],
                condition=models.Q(guardianship__isnull=False),
                name="consentversion_by_guardianship",
            ),
            models.Index(
                fields=["authorization"],
                condition=models.Q(authorization__isnull=False),
                name="consentversion_by_agent",
            ),
            models.Index(fields=["scan_sha256"], condition=~models.Q(scan_sha256=""), name="consentversion_by_scan"),
            models.Index(
                fields=["permission_to", "id"],
                condition=models.Q(permission_to__isnull=False),
                name="consentversion_by_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.number})"

    @property
    def given_by(self) -> str:
        """Say for whom somebody acted who is not the customer: as guardian, as agent; empty otherwise."""
        if self.authorization_id is not None:
            return gettext("by an authorised agent, for the customer")
        if self.guardianship_id is not None:
            return gettext("by a guardian, for the customer")
        return ""
