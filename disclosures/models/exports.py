from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed

FETCHABLE_FOR = timedelta(days=30)
"""So long the link to an archive works once it is built."""


class HistoryExportQuerySet(models.QuerySet["HistoryExport"]):
    """Exports of the disclosure history."""

    def waiting(self, *, abandoned_before: datetime) -> "HistoryExportQuerySet":
        """Return those to build: never begun, or begun before a moment by a worker that must be gone."""
        begun = models.Q(status=HistoryExport.Status.RUNNING, started_at__lt=abandoned_before)
        return self.filter(models.Q(status=HistoryExport.Status.PENDING) | begun)


class HistoryExport(models.Model):
    """An auditor's or operator's export of the disclosure history: its filter, its state, what it counted."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting to be built")
        RUNNING = "running", _("Being built")
        FINISHED = "finished", _("Ready")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    filters = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    progress = models.FloatField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)
    has_workbook = models.BooleanField(default=False, db_default=False)
    request_uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = HistoryExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "running", "finished", "failed"]),
                name="historyexport_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="failed") | ~models.Q(problem=""), name="historyexport_says_its_problem"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.status}"

    @property
    def is_running(self) -> bool:
        """Say whether the files are still to come."""
        return self.status in {self.Status.PENDING, self.Status.RUNNING}

    @property
    def fetchable_until(self) -> datetime | None:
        """Return when the archive can be downloaded no more; None before it is built."""
        return self.finished_at + FETCHABLE_FOR if self.finished_at else None

    def is_fetchable(self, at: datetime) -> bool:
        """Say whether there is an archive that can be downloaded at a moment."""
        until = self.fetchable_until
        archive = self.built.archive if self.status == self.Status.FINISHED else None
        return archive is not None and archive.destroyed_at is None and until is not None and at < until


class HistoryExportFile(Witnessed):
    """What an export made: the signed manifest, and the archive unless it was written to an operator's folder.

    Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    export = models.OneToOneField(HistoryExport, on_delete=models.PROTECT, related_name="built")
    archive = models.ForeignKey("protection.SealedFile", null=True, on_delete=models.PROTECT, related_name="+")
    manifest = models.JSONField()
    record_count = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.export}: {self.record_count}"
