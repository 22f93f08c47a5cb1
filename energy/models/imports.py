from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from ledger.models import Witnessed
from protection.models import SealedFile


class ImportRun(models.Model):
    """One file taken in, or being taken in.

    `as_of` is the day by which retention judged the file, `not_before` the first day it allowed. `counters` has the
    keys of `energy.services.imports.Counters`. A failed run has stored nothing but itself and its `message`.
    """

    class Kind(models.TextChoices):
        GREENBUTTON = "greenbutton", _("Green Button")
        CSV_CUSTOMERS = "csv_customers", _("CSV: customers and accounts")
        CSV_READINGS = "csv_readings", _("CSV: readings")
        DEMO = "demo", _("Demo data")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="import_runs")
    original = models.ForeignKey(SealedFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    as_of = models.DateField(_("judged as of"))
    not_before = models.DateField(null=True, blank=True)
    options = models.JSONField(default=dict, blank=True)
    counters = models.JSONField(default=dict, blank=True)
    progress = models.FloatField(default=0)
    message = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    operator = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["greenbutton", "csv_customers", "csv_readings", "demo"]),
                name="import_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "running"], finished_at__isnull=True)
                | models.Q(status__in=["finished", "failed"], finished_at__isnull=False),
                name="import_finished_at_when_over",
            ),
            models.CheckConstraint(
                condition=models.Q(progress__gte=0, progress__lte=1), name="import_progress_is_a_fraction"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="import_newest"),
            models.Index(fields=["finished_at"], name="import_by_end"),
            models.Index(
                fields=["status"], name="import_unfinished", condition=models.Q(status__in=["pending", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} import of {self.created_at:%Y-%m-%d}"

    @property
    def is_over(self) -> bool:
        """Say whether the run has ended, well or not."""
        return self.status in {self.Status.FINISHED, self.Status.FAILED}


class ImportFinding(models.Model):
    """A deviation met in a file: where, what, and what was done; `count` like ones may be folded into one."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="findings")
    line = models.PositiveBigIntegerField()
    code = models.CharField(max_length=60)
    message = models.TextField()
    action = models.TextField()
    count = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}"


class ImportWindow(models.Model):
    """How many months back imports take data of a retention class; `retention` keeps it equal to the rule in force."""

    id = models.BigAutoField(primary_key=True)
    retention_class = models.CharField(max_length=40, unique=True)
    months = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(months__gte=12), name="import_window_keeps_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.retention_class}: {self.months} months"


class Receipt(Witnessed):
    """What an import or an export of an account's data left in the ledger, with what opens the entry."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="energy_receipts"
    )
    import_run = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=60)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="energy_receipt_by_age")]

    def __str__(self) -> str:
        return self.kind
