from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from protection.models import SealedFile


class BulkEntry(models.Model):
    """A table of consents that the desk sent to be recorded together, with the scans that it names.

    It is checked first, and nothing is written; then the clerk orders the whole, or only the rows without findings.
    All that is ordered is written in one transaction. `language` is that of the clerk, in which findings are written.
    """

    class Status(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RECORDING = "recording", _("Being recorded")
        FINISHED = "finished", _("Recorded")
        FAILED = "failed", _("Refused")
        DISCARDED = "discarded", _("Discarded")

    WORKING = (Status.CHECKING, Status.RECORDING)

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    table = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="+")
    scans = models.ForeignKey(SealedFile, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CHECKING)
    takes_clean_rows = models.BooleanField(default=False)
    row_count = models.PositiveIntegerField(default=0)
    clean_count = models.PositiveIntegerField(default=0)
    recorded_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    message = models.TextField(blank=True)
    language = models.CharField(max_length=5)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["checking", "checked", "recording"], finished_at__isnull=True)
                | Q(status__in=["finished", "failed", "discarded"], finished_at__isnull=False),
                name="bulkentry_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(clean_count__lte=models.F("row_count"), recorded_count__lte=models.F("row_count")),
                name="bulkentry_counts_its_rows",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="bulkentry_by_age"),
            models.Index(fields=["created_at"], condition=Q(finished_at__isnull=True), name="bulkentry_open"),
        ]

    def __str__(self) -> str:
        return f"bulk entry {self.uuid}"

    @property
    def is_working(self) -> bool:
        """Say whether a worker has something to do for it."""
        return self.status in self.WORKING

    @property
    def has_findings(self) -> bool:
        """Say whether some rows cannot be recorded as they are."""
        return self.clean_count < self.row_count


class BulkFinding(models.Model):
    """What is wrong with one row of a bulk entry, in a sentence that says what to do; it names no customer.

    `line` is that of the table as a text editor counts; 0 is about the scans or the table as a whole.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(BulkEntry, on_delete=models.CASCADE, related_name="findings")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=40, blank=True)
    message = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["entry", "line", "id"], name="bulkfinding_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"
