from datetime import date
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from disclosures.models.releases import labels_of
from ledger.models import Witnessed


class DemandState(models.TextChoices):
    """Where a legal demand stands on a day: computed by `disclosures_demand_state` from its events."""

    RECEIVED = "received", _("Received")
    NOTICE_SERVED = "notice_served", _("Customer may contest")
    CONTESTED = "contested", _("Contested")
    LAPSED = "lapsed", _("Time to contest is over")
    COMPLIED = "complied", _("Complied with")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn by who made it")


CLOSED_STATES = frozenset({DemandState.COMPLIED, DemandState.REFUSED, DemandState.WITHDRAWN})


class StateOn(models.Func):
    """The state of the demand with the given id on a day."""

    function = "disclosures_demand_state"
    output_field = models.CharField()


class LegalDemandQuerySet(models.QuerySet["LegalDemand"]):
    """Demands for personal data that rest on legal process or on an emergency."""

    def with_state(self, day: date) -> "LegalDemandQuerySet":
        """Annotate `state_code` as of a day, by the provider's civil days."""
        return self.annotate(state_code=StateOn(models.F("pk"), models.Value(day, output_field=models.DateField())))

    def open(self, day: date) -> "LegalDemandQuerySet":
        """Return those that are neither complied with nor refused nor withdrawn."""
        return self.with_state(day).exclude(state_code__in=CLOSED_STATES)  # type: ignore[misc]


class LegalDemand(Witnessed):
    """A warrant, court order, subpoena, emergency or real-time request, as it came in. Append-only.

    What became of it are its events, and its state is computed from them. It says who demands, on what authority, whose
    data (`subjects`), which fields and which days `[data_from, data_to)`; what it demands it holds from the moment of
    its intake. The document is sealed. A real-time request is treated as a wiretap: only a warrant or order that says
    so carries it.
    """

    class Kind(models.TextChoices):
        WARRANT = "warrant", _("Warrant")
        COURT_ORDER = "court_order", _("Court order")
        SUBPOENA = "subpoena", _("Subpoena")
        EMERGENCY = "emergency", _("Emergency request")
        REAL_TIME = "real_time", _("Request for data as it arises")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    is_wiretap_order = models.BooleanField(_("expressly orders interception"), default=False)
    case_number = models.CharField(_("case number"), max_length=100)
    authority = models.CharField(_("issued by"), max_length=200)
    recipient = models.ForeignKey("accounts.Recipient", on_delete=models.PROTECT, related_name="demands")
    requester_name = models.CharField(_("requester"), max_length=200)
    requester_capacity = models.CharField(_("capacity of the requester"), max_length=200)
    delivery_address = models.CharField(_("delivery address"), max_length=500)
    callback_note = models.CharField(_("how the requester was called back"), max_length=500, blank=True)
    threat = models.CharField(_("the imminent threat"), max_length=500, blank=True)
    names_everybody = models.BooleanField(_("asks for all customers, or names nobody"), default=False)
    field_ids = ArrayField(models.CharField(max_length=80), verbose_name=_("data demanded"))
    data_from = models.DateField(_("data from"))
    data_to = models.DateField(_("data before"))
    received_on = models.DateField(_("received on"))
    due_on = models.DateField(_("answer due on"))
    document = models.ForeignKey("protection.SealedFile", null=True, on_delete=models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    objects = LegalDemandQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="demand_by_time"),
            models.Index(fields=["recipient", "-created_at"], name="demand_by_recipient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["warrant", "court_order", "subpoena", "emergency", "real_time"]),
                name="demand_kind_known",
            ),
            models.CheckConstraint(condition=Q(data_to__gt=models.F("data_from")), name="demand_period_ordered"),
            models.CheckConstraint(condition=Q(field_ids__len__gt=0), name="demand_names_data"),
            models.CheckConstraint(
                condition=~Q(case_number="")
                & ~Q(authority="")
                & ~Q(requester_name="")
                & ~Q(requester_capacity="")
                & ~Q(delivery_address=""),
                name="demand_says_who_asks",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["emergency", "real_time"]) | Q(document__isnull=False),
                name="demand_document_there",
            ),
            models.CheckConstraint(
                condition=~Q(kind="emergency") | (~Q(threat="") & ~Q(callback_note="")),
                name="demand_emergency_states_threat_and_callback",
            ),
            models.CheckConstraint(
                condition=Q(is_wiretap_order=False) | Q(kind="real_time", document__isnull=False),
                name="demand_wiretap_has_its_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.case_number}"

    @property
    def origin(self) -> str:
        """Return the name by which holds and concealments refer to the demand."""
        return f"disclosures.LegalDemand:{self.uuid}"

    @property
    def field_labels(self) -> list[str]:
        """Return what people call the demanded data."""
        return labels_of(self.field_ids)

    @property
    def state_label(self) -> str:
        """Return the state that `with_state` annotated, in words; empty without it."""
        code = getattr(self, "state_code", "")
        return str(DemandState(code).label) if code else ""

    @property
    def can_be_noticed(self) -> bool:
        """Say whether the customer is told first and may contest: a subpoena."""
        return self.kind == self.Kind.SUBPOENA


class DemandSubjectQuerySet(models.QuerySet["DemandSubject"]):
    """Whose data is demanded."""

    def of_accounts(self, account_ids: list[int]) -> "DemandSubjectQuerySet":
        """Return those that cover some of these accounts."""
        return self.filter(Q(account__isnull=True) | Q(account__in=account_ids))


class DemandSubject(models.Model):
    """A customer whom a demand names: one account of theirs, or all without one. Append-only."""

    id = models.BigAutoField(primary_key=True)
    demand = models.ForeignKey(LegalDemand, on_delete=models.PROTECT, related_name="subjects")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="demand_subjects")
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.PROTECT, related_name="+")

    objects = DemandSubjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "customer", "account"], nulls_distinct=False, name="demand_subject_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.demand_id}: {self.customer_id}"


class DemandEventQuerySet(models.QuerySet["DemandEvent"]):
    """What happened with demands."""

    def standing(self) -> "DemandEventQuerySet":
        """Return those that no later event undoes, save the undoing ones themselves."""
        undone = DemandEvent.objects.filter(undoes=models.OuterRef("pk"))
        return self.filter(~models.Exists(undone), undoes__isnull=True)


class DemandEvent(Witnessed):
    """One step of a legal demand: who did what, when, why, and the proof of it. Append-only; undone by a further one.

    `release_uuid` names what went out: a key would tie the demand to a release that ties itself to the demand.
    `served_on` and `ends_on` are the days on which the customers were told and on which they may contest last.
    """

    class What(models.TextChoices):
        ASSIGNED = "assigned", _("Assigned")
        NOTICE_SERVED = "notice_served", _("Customers told")
        CONTESTED = "contested", _("Contested by a customer")
        CONTEST_WITHDRAWN = "contest_withdrawn", _("Contest taken back")
        MOTION_FILED = "motion_filed", _("Motion before the court")
        MOTION_DENIED = "motion_denied", _("Court lets the demand stand")
        MOTION_GRANTED = "motion_granted", _("Court quashed the demand")
        RELEASED = "released", _("Part of the data released")
        COMPLIED = "complied", _("Complied with")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn by who made it")
        ORDER_RECORDED = "order_recorded", _("Order not to tell the customers")
        ORDER_EXTENDED = "order_extended", _("Order not to tell extended")
        ORDER_ENDED = "order_ended", _("Order not to tell ended; customers told")
        UNDONE = "undone", _("A step undone")

    UNDOABLE = (What.NOTICE_SERVED, What.CONTESTED, What.CONTEST_WITHDRAWN, What.MOTION_FILED, What.MOTION_DENIED,
                What.MOTION_GRANTED, What.REFUSED, What.WITHDRAWN)  # fmt: skip
    """What a mistake may be about; a release, an order or an approval cannot be taken back."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    demand = models.ForeignKey(LegalDemand, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=24, choices=What.choices)
    note = models.CharField(_("reason"), max_length=500, blank=True)
    customer = models.ForeignKey("accounts.Customer", null=True, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    release_uuid = models.UUIDField(null=True)
    served_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    objects = DemandEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    what__in=[
                        "assigned",
                        "notice_served",
                        "contested",
                        "contest_withdrawn",
                        "motion_filed",
                        "motion_denied",
                        "motion_granted",
                        "released",
                        "complied",
                        "refused",
                        "withdrawn",
                        "order_recorded",
                        "order_extended",
                        "order_ended",
                        "undone",
                    ]
                ),
                name="demand_event_known",
            ),
            models.CheckConstraint(
                condition=Q(what="notice_served", served_on__isnull=False, ends_on__gt=models.F("served_on"))
                | (~Q(what="notice_served") & Q(served_on__isnull=True, ends_on__isnull=True)),
                name="demand_notice_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(what__in=["contested", "contest_withdrawn"], customer__isnull=False)
                | (~Q(what__in=["contested", "contest_withdrawn"]) & Q(customer__isnull=True)),
                name="demand_contest_is_a_customers",
            ),
            models.CheckConstraint(
                condition=Q(what="undone", undoes__isnull=False) | (~Q(what="undone") & Q(undoes__isnull=True)),
                name="demand_undone_names_the_step",
            ),
            models.CheckConstraint(
                condition=Q(what="assigned", assignee__isnull=False) | (~Q(what="assigned") & Q(assignee__isnull=True)),
                name="demand_assigned_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(what__in=["released", "complied"], release_uuid__isnull=False)
                | (~Q(what__in=["released", "complied"]) & Q(release_uuid__isnull=True)),
                name="demand_complied_by_a_release",
            ),
            models.CheckConstraint(
                condition=~Q(note="")
                | Q(what__in=["assigned", "notice_served", "contest_withdrawn", "released", "complied"]),
                name="demand_event_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} by {self.actor_name}"

    @property
    def label(self) -> str | Promise:
        """Return what was done, in words."""
        return self.What(self.what).label
