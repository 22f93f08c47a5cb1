from datetime import date
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, User
from energy.models import UsagePoint
from ledger.models import Witnessed
from retention.models.pairs import both_or_neither
from retention.models.proposals import Proposal, proposal_constraints

_GROUNDS = {"rights.Correction": "correction", "rights.RightsRequest": "request", "disclosures.LegalDemand": "demand"}
GROUND_LABELS = {
    "legal_hold": _("Legal hold: a court, an authority, a lawsuit or a law requires it"),
    "correction": _("Correction: until it is decided"),
    "request": _("Request: until it is answered"),
    "demand": _("Legal demand: until it is decided"),
}


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """Holds: what must not be forgotten although its time is up."""

    def in_force(self) -> "LegalHoldQuerySet":
        """Return those that nobody has released."""
        return self.filter(released_at__isnull=True)

    def released(self) -> "LegalHoldQuerySet":
        """Return those that are over."""
        return self.filter(released_at__isnull=False)

    def implicit(self) -> "LegalHoldQuerySet":
        """Return those that a correction, a request or a demand implies."""
        return self.exclude(origin="")

    def with_review(self) -> "LegalHoldQuerySet":
        """Annotate `next_review_on`, `present_owner` and `present_owner_id`: by the latest review, else as placed."""
        latest = HoldReview.objects.filter(hold=models.OuterRef("pk")).order_by("-pk")
        has_review = models.Exists(latest)
        return self.annotate(
            next_review_on=Coalesce(models.Subquery(latest.values("next_review_on")[:1]), "review_on"),
            present_owner=Coalesce(models.Subquery(latest.values("owner")[:1]), "owner"),
            present_owner_id=models.Case(
                models.When(has_review, then=models.Subquery(latest.values("owner_user")[:1])),
                default="owner_user",
                output_field=models.BigIntegerField(),
            ),
        )

    def overdue(self, day: date) -> "LegalHoldQuerySet":
        """Return those in force that should have been reviewed before or on `day`."""
        return self.in_force().with_review().filter(next_review_on__lte=day)  # type: ignore[misc]

    def covering(self, retention_class: str) -> "LegalHoldQuerySet":
        """Return those that hold data of this class."""
        return self.filter(retention_classes__contains=[retention_class])

    def on_customer(self, customer: Customer) -> "LegalHoldQuerySet":
        """Return those that concern the customer: by name, through an account, or as everybody."""
        return self.filter(
            models.Q(all_subjects=True) | models.Q(customer=customer) | models.Q(account__customer=customer)
        )


class LegalHold(Witnessed):
    """An order that data of some classes and of some period is kept past its time, for one subject or for all.

    A hold on a usage point names its account too, so that whoever reads only the account holds too much, never too
    little. The data period is half-open, either end may be open. `origin` names the row of another package that implies
    the hold (`rights.Correction:<uuid>`); such a hold ends with its origin, any other, and that of a legal demand, when
    two persons have released it (`HoldRelease`). A hold is never changed: place another and release this one. It
    outlives the data and the meter: no foreign key in the database keeps the usage point's row alive.

    Placing takes the table's ROW EXCLUSIVE lock, as every INSERT does, and a purge takes SHARE on the same table: so a
    hold either comes before a purge, which then sees it, or waits until that purge's transaction is over.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_holds")
    account = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="legal_holds"
    )
    usage_point = models.ForeignKey(
        UsagePoint,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="legal_holds",
        db_index=False,
        db_constraint=False,
    )
    all_subjects = models.BooleanField(_("every customer"), default=False)
    retention_classes = ArrayField(models.CharField(max_length=40), verbose_name=_("what is held"))
    data_from = models.DateField(_("data from"), null=True, blank=True)
    data_to = models.DateField(_("data before"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    citation = models.CharField(_("citation"), max_length=300)
    owner = models.CharField(_("responsible person"), max_length=200)
    owner_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False, db_index=False
    )
    review_on = models.DateField(_("review on"), null=True, blank=True)
    origin = models.CharField(max_length=120, blank=True, editable=False)
    is_confidential = models.BooleanField(_("not to be shown to the customer"), default=False)
    placed_at = models.DateTimeField(db_default=Now(), editable=False)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    placed_by_name = models.CharField(max_length=200, editable=False)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    released_by_name = models.CharField(max_length=200, blank=True, editable=False)
    release_reason = models.CharField(max_length=500, blank=True, editable=False)
    release_entry_id = models.BigIntegerField(unique=True, null=True, editable=False)
    release_salt = models.BinaryField(max_length=32, null=True, editable=False)
    release_evidence = models.BinaryField(null=True, editable=False)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(all_subjects=True, customer__isnull=True, account__isnull=True)
                | models.Q(all_subjects=False, customer__isnull=False, account__isnull=True)
                | models.Q(all_subjects=False, customer__isnull=True, account__isnull=False),
                name="hold_names_one_subject",
                violation_error_message=_("Name one customer, one account, or every customer."),
            ),
            models.CheckConstraint(
                condition=models.Q(retention_classes__len__gt=0),
                name="hold_names_classes",
                violation_error_message=_("Say which data is held."),
            ),
            models.CheckConstraint(
                condition=models.Q(data_from__isnull=True)
                | models.Q(data_to__isnull=True)
                | models.Q(data_to__gt=models.F("data_from")),
                name="hold_period_ordered",
                violation_error_message=_("The last day must come after the first."),
            ),
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(citation="") & ~models.Q(owner=""),
                name="hold_states_its_ground",
            ),
            models.CheckConstraint(condition=~models.Q(placed_by_name=""), name="hold_placed_at_by"),
            models.CheckConstraint(
                condition=both_or_neither("released_at", "released_by_name")
                & both_or_neither("released_at", "release_reason"),
                name="hold_released_at_by",
            ),
            models.CheckConstraint(
                condition=models.Q(released_at__isnull=True, release_entry_id__isnull=True)
                | models.Q(
                    released_at__isnull=False,
                    release_entry_id__isnull=False,
                    release_salt__isnull=False,
                    release_evidence__isnull=False,
                ),
                name="hold_release_is_witnessed",
            ),
            models.CheckConstraint(
                condition=models.Q(usage_point__isnull=True) | models.Q(account__isnull=False),
                name="hold_on_a_usage_point_names_its_account",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "account"], condition=models.Q(released_at__isnull=True), name="hold_in_force"
            ),
            models.Index(fields=["origin"], condition=~models.Q(origin=""), name="hold_by_origin"),
        ]

    def __str__(self) -> str:
        return f"{self.citation} ({self.uuid})"

    @property
    def is_in_force(self) -> bool:
        """Say whether nobody has released the hold."""
        return self.released_at is None

    @property
    def is_implicit(self) -> bool:
        """Say whether a row of another package implies the hold, and ends it."""
        return self.origin != ""

    @property
    def ends_with_origin(self) -> bool:
        """Say whether the hold ends by itself with what implies it; a legal demand's takes two persons."""
        return self.is_implicit and self.ground != "demand"

    @property
    def origin_kind(self) -> str:
        """Return the model of the row that implies the hold, as `rights.Correction`; empty for an ordered hold."""
        return self.origin.partition(":")[0]

    @property
    def ground(self) -> str:
        """Return the kind of ground: legal_hold, correction, request or demand, as machines read it."""
        return _GROUNDS.get(self.origin_kind, "legal_hold")

    @property
    def ground_label(self) -> str:
        """Return the kind of ground as people read it; it tells nothing of a case but that there is one."""
        return str(GROUND_LABELS[self.ground])

    def covers(self, day: date) -> bool:
        """Say whether the data period contains `day`."""
        return (self.data_from is None or self.data_from <= day) and (self.data_to is None or day < self.data_to)


class HoldRelease(Proposal):
    """A proposal to end a hold, which another person approves or refuses; the hold ends with the approval."""

    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="releases")

    class Meta:
        constraints = [
            *proposal_constraints("holdrelease"),
            models.UniqueConstraint(
                fields=["hold"],
                condition=models.Q(decided_at__isnull=True),
                name="holdrelease_one_open",
                violation_error_message=_("A release of this hold already waits for a decision."),
            ),
            models.UniqueConstraint(
                fields=["hold"],
                condition=models.Q(is_approved=True),
                name="holdrelease_approved_once",
                violation_error_message=_("This hold was released before."),
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.hold_id}"


class HoldReview(Witnessed):
    """A look at whether a hold is still needed: it is, until the next review, and this person answers for it."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="reviews")
    reviewed_at = models.DateTimeField(db_default=Now(), editable=False)
    reviewed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    reviewed_by_name = models.CharField(max_length=200, editable=False)
    next_review_on = models.DateField(_("next review"))
    reason = models.CharField(_("reason"), max_length=500)
    owner = models.CharField(_("responsible person"), max_length=200)
    owner_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(reviewed_by_name="") & ~models.Q(owner=""),
                name="holdreview_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.hold_id}"
