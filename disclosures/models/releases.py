from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from ledger.models import Witnessed
from protection import datamap

if TYPE_CHECKING:
    from accounts.models import User


class Format(models.TextChoices):
    """How a package is written."""

    CSV = "csv", _("CSV (spreadsheet)")
    JSONL = "jsonl", _("JSON Lines")
    GREENBUTTON = "greenbutton", _("Green Button XML (ESPI)")


class Channel(models.TextChoices):
    """How somebody asked for data."""

    WRITTEN = "written", _("In writing")
    IN_PERSON = "in_person", _("In person")
    TELEPHONE = "telephone", _("By telephone")


def labels_of(field_ids: Iterable[str]) -> list[str]:
    """Return what people call fields, in the order of the data map; ids that it does not know stay ids."""
    wanted = list(field_ids)
    known = {field.id: field.label for field in datamap.fields() if field.id in wanted}
    return [*known.values(), *(field_id for field_id in wanted if field_id not in known)]


class Asked(Witnessed):
    """What somebody asked of the gate: the columns that a release and a denial share.

    `[data_from, data_to)` is the span of the data in the provider's civil days. `request_uuid` is given by the form or
    the client, so that the same submission sent twice is answered once. `cohort` says by what the customers were chosen
    where they were not named one by one, `requester` who asked for the recipient and on what authority, `proposal`
    which two persons stand for it, and `feed` by which standing feed it was made on a night.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey("accounts.Recipient", null=True, on_delete=models.PROTECT)
    purpose = models.ForeignKey("consent.Purpose", null=True, on_delete=models.PROTECT)
    basis = models.ForeignKey("disclosures.LegalBasis", on_delete=models.PROTECT)
    field_ids = ArrayField(models.CharField(max_length=80))
    data_from = models.DateField()
    data_to = models.DateField()
    format = models.CharField(max_length=12, choices=Format.choices)
    reason = models.CharField(max_length=500)
    document = models.ForeignKey("protection.SealedFile", null=True, on_delete=models.PROTECT)
    demand = models.ForeignKey("disclosures.LegalDemand", null=True, on_delete=models.PROTECT, db_index=False)
    notice_served_on = models.DateField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    request_uuid = models.UUIDField(default=uuid4, editable=False)
    decided_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    cohort = models.JSONField(null=True)
    requester = models.JSONField(null=True)
    proposal = models.ForeignKey("disclosures.ReleaseProposal", null=True, db_index=False, on_delete=models.PROTECT)
    feed = models.ForeignKey("disclosures.StandingFeed", null=True, db_index=False, on_delete=models.PROTECT)

    class Meta:
        abstract = True
        default_related_name = "%(class)ss"

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.field_ids)


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Releases, each one decision of the gate to let data out."""

    def visible_to(self, user: "User") -> "ReleaseQuerySet":
        """Return those the user may know of: all for the provider's people, a recipient's own, a subject's own."""
        if user.is_provider:
            return self
        if user.recipient_id is not None:
            return self.filter(recipient=user.recipient_id)
        return self.filter(lines__customer__accounts__members__user=user).distinct()


class Release(Asked):
    """The gate's decision to release personal data: to whom, what, for which purpose, on which basis. Append-only.

    `field_ids` are the effective fields over all lines. The flags copied from the basis and from the purpose are held
    equal to theirs by composite foreign keys, so that CHECKs can demand what the basis demands. `cohort_sha256` is,
    of a night's delivery by a feed, SHA-256 over the tags of its customers in order.
    """

    purpose_is_secondary = models.BooleanField(null=True, editable=False)
    basis_kind = models.CharField(max_length=20, editable=False)
    requires_consent = models.BooleanField(editable=False)
    requires_agreement = models.BooleanField(editable=False)
    requires_document = models.BooleanField(editable=False)
    notice_days = models.PositiveSmallIntegerField(editable=False)
    line_count = models.PositiveIntegerField(editable=False)
    cohort_sha256 = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta(Asked.Meta):
        indexes = [
            models.Index(fields=["-decided_at"], name="release_by_time"),
            models.Index(fields=["recipient", "-decided_at"], name="release_by_recipient"),
            models.Index(fields=["demand"], condition=models.Q(demand__isnull=False), name="release_by_demand"),
            models.Index(fields=["feed"], condition=models.Q(feed__isnull=False), name="release_by_feed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["request_uuid"], name="release_once_per_request"),
            models.UniqueConstraint(fields=["proposal"], name="release_once_per_proposal"),
            models.CheckConstraint(
                condition=models.Q(data_to__gt=models.F("data_from")), name="release_period_ordered"
            ),
            models.CheckConstraint(condition=models.Q(field_ids__len__gt=0), name="release_contains_something"),
            models.CheckConstraint(condition=models.Q(line_count__gt=0), name="release_has_lines"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="release_states_a_reason"),
            models.CheckConstraint(
                condition=models.Q(format__in=["csv", "jsonl", "greenbutton"]), name="release_format_known"
            ),
            models.CheckConstraint(condition=~models.Q(basis_kind="aggregate"), name="release_is_of_personal_data"),
            models.CheckConstraint(
                condition=models.Q(basis_kind="own_request", recipient__isnull=True, purpose__isnull=True)
                | (~models.Q(basis_kind="own_request") & models.Q(recipient__isnull=False, purpose__isnull=False)),
                name="release_names_recipient_and_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__isnull=True, purpose_is_secondary__isnull=True)
                | models.Q(purpose__isnull=False, purpose_is_secondary__isnull=False),
                name="release_purpose_with_its_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(purpose_is_secondary__isnull=True)
                | models.Q(purpose_is_secondary=False)
                | models.Q(requires_consent=True),
                name="release_secondary_purpose_needs_consent",
            ),
            models.CheckConstraint(
                condition=models.Q(requires_document=False) | models.Q(document__isnull=False),
                name="release_document_there",
            ),
            models.CheckConstraint(
                condition=models.Q(notice_days=0) | models.Q(notice_served_on__isnull=False),
                name="release_notice_served",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient or _('the customer')}, {self.data_from} – {self.data_to}"

    @property
    def is_own_request(self) -> bool:
        """Say whether a customer released their own data to themself."""
        return self.recipient_id is None


class ReleaseLineQuerySet(models.QuerySet["ReleaseLine"]):
    """Lines of releases."""

    def shown_to_subject(self) -> "ReleaseLineQuerySet":
        """Return those that the customer may know of: all but what an order not to tell still hides.

        Row security shows a customer no other; this is for what the provider's own eyes prepare for the customer.
        """
        return self.filter(models.Q(concealment__isnull=True) | models.Q(concealment__ended_at__isnull=False))


class ReleaseLine(models.Model):
    """One customer within a release: which of their data went out, under which consent. Append-only, by month.

    The ledger entry `entry_id` stands under the customer's tag and commits to SHA-256(salt ‖ release hash ‖ tag), where
    the release hash is the commitment of the release's own entry: computable in SQL for any number of lines. Under an
    order not to tell, tag is that of the concealment, which the line names and which row security heeds.
    """

    pk = models.CompositePrimaryKey("entry_id", "created_at")
    entry_id = models.BigIntegerField(editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="lines")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="release_lines")
    consent_version = models.ForeignKey(
        "consent.ConsentVersion", null=True, on_delete=models.PROTECT, related_name="release_lines"
    )
    account_ids = ArrayField(models.BigIntegerField())
    usage_point_ids = ArrayField(models.BigIntegerField(), default=list)
    field_ids = ArrayField(models.CharField(max_length=80))
    data_from = models.DateField()
    data_to = models.DateField()
    salt = models.BinaryField(max_length=32, editable=False)
    concealment = models.ForeignKey(
        "accounts.Concealment",
        null=True,
        on_delete=models.PROTECT,
        related_name="release_lines",
        db_index=False,
        db_constraint=False,
    )

    objects = ReleaseLineQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["concealment"], condition=models.Q(concealment__isnull=False), name="line_concealed"),
        ]

    def __str__(self) -> str:
        return f"line {self.entry_id}"

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the fields."""
        return labels_of(self.field_ids)


class ReleaseExclusion(models.Model):
    """One customer whom a release to many left out, and which condition they lacked. Append-only, written with it."""

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(Release, db_index=False, on_delete=models.PROTECT, related_name="exclusions")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "customer"], name="exclusion_once_a_customer"),
            models.CheckConstraint(condition=~models.Q(code=""), name="exclusion_names_a_condition"),
        ]
        indexes = [models.Index(fields=["created_at"], name="exclusion_by_age")]

    def __str__(self) -> str:
        return self.code


class ReleaseDenial(Asked):
    """A release that the gate refused, with every missing condition. Append-only; kept so that it can be counted."""

    customer_ids = ArrayField(models.BigIntegerField())
    conditions = models.JSONField()

    class Meta(Asked.Meta):
        indexes = [
            models.Index(fields=["-decided_at"], name="denial_by_time"),
            models.Index(fields=["demand"], condition=models.Q(demand__isnull=False), name="denial_by_demand"),
            models.Index(fields=["feed"], condition=models.Q(feed__isnull=False), name="denial_by_feed"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(conditions=[]), name="denial_names_a_condition"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {len(self.conditions)}"

    def customers(self) -> list[Customer]:
        """Return whose data was asked for."""
        return list(Customer.objects.filter(pk__in=self.customer_ids).order_by("pk"))
