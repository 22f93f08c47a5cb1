from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed


class BreachDuty(models.Model):
    """Whom a law has told of a breach, within how many days of its detection, from how many customers on. Data.

    `days` counts from the day of detection, that day not included.
    """

    class Whom(models.TextChoices):
        REGULATOR = "regulator", _("Regulator")
        RESIDENTS = "residents", _("The customers concerned")
        ATTORNEY_GENERAL = "attorney_general", _("Attorney general")

    id = models.BigAutoField(primary_key=True)
    jurisdiction = models.CharField(max_length=10)
    whom = models.CharField(max_length=20, choices=Whom.choices)
    days = models.PositiveSmallIntegerField()
    from_customers = models.PositiveIntegerField(default=1)
    citation = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "breach duties"
        constraints = [
            models.UniqueConstraint(fields=["jurisdiction", "whom"], name="breach_duty_once"),
            models.CheckConstraint(condition=~models.Q(citation=""), name="breach_duty_cites"),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction}: {self.whom}"


class BreachQuerySet(models.QuerySet["Breach"]):
    """Breaches."""

    def open(self) -> "BreachQuerySet":
        """Return those that are not closed."""
        return self.filter(closed_at__isnull=True)


class Breach(Witnessed):
    """Data of customers that got into wrong hands: what, when, which data, what was done to contain it.

    Written once; only closing it is written afterwards. Each further step is a `BreachStep`.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    title = models.CharField(_("what happened, in a few words"), max_length=200)
    description = models.TextField(_("what happened"), max_length=4000)
    data_classes = ArrayField(models.CharField(max_length=20), verbose_name=_("which data"))
    happened_on = models.DateField(_("happened on"), null=True, blank=True)
    detected_on = models.DateField(_("detected on"))
    containment = models.TextField(_("what was done to contain it"), max_length=4000)
    jurisdictions = ArrayField(models.CharField(max_length=10), verbose_name=_("jurisdictions"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by_name = models.CharField(max_length=200, blank=True, editable=False)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "breaches"
        indexes = [models.Index(fields=["-detected_on"], name="breach_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(happened_on__isnull=True) | models.Q(happened_on__lte=models.F("detected_on")),
                name="breach_detected_afterwards",
                violation_error_message=_("It was detected after it happened. Correct one of the two days."),
            ),
            models.CheckConstraint(
                condition=models.Q(data_classes__len__gt=0, jurisdictions__len__gt=0), name="breach_names_data"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, closed_by_name="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(closed_by_name="")),
                name="breach_closed_at_by",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_closed(self) -> bool:
        """Say whether it is dealt with."""
        return self.closed_at is not None


class BreachCustomer(models.Model):
    """A customer concerned by a breach, and the letter by which they are told; written once, the letter later."""

    id = models.BigAutoField(primary_key=True)
    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="customers")
    customer = models.ForeignKey("accounts.Customer", on_delete=models.PROTECT, related_name="breaches")
    message = models.ForeignKey("accounts.OutboxMessage", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["breach", "customer"], name="breach_customer_once")]

    def __str__(self) -> str:
        return f"{self.breach_id}: {self.customer_id}"


class BreachStep(Witnessed):
    """One step in dealing with a breach: who was told when, what else was done. Append-only."""

    class What(models.TextChoices):
        RECORDED = "recorded", _("Recorded")
        CUSTOMERS_ADDED = "customers_added", _("Customers added")
        RESIDENTS_TOLD = "residents_told", _("Customers written to")
        REGULATOR_TOLD = "regulator_told", _("Regulator told")
        ATTORNEY_GENERAL_TOLD = "attorney_general_told", _("Attorney general told")
        NOTED = "noted", _("Noted")
        CLOSED = "closed", _("Closed")

    id = models.BigAutoField(primary_key=True)
    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=24, choices=What.choices)
    note = models.CharField(max_length=500)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    what__in=[
                        "recorded",
                        "customers_added",
                        "residents_told",
                        "regulator_told",
                        "attorney_general_told",
                        "noted",
                        "closed",
                    ]
                ),
                name="breach_step_known",
            ),
            models.CheckConstraint(condition=~models.Q(note=""), name="breach_step_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.note}"

    @property
    def label(self) -> str:
        """Return what was done, in words."""
        return str(self.What(self.what).label)
