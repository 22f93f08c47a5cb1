from uuid import uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Incidents, open and past."""

    def open(self) -> "IncidentQuerySet":
        """Return those that are not over."""
        return self.filter(resolved_at__isnull=True)

    def untold(self) -> "IncidentQuerySet":
        """Return those whose beginning, or whose end after a told beginning, nobody was told by mail."""
        is_over = models.Q(resolved_at__isnull=False, told_at__isnull=False, resolution_told_at__isnull=True)
        return self.filter(models.Q(resolved_at__isnull=True, told_at__isnull=True) | is_over)


class Incident(models.Model):
    """Something that an administrator must know of, from the moment it is noticed until it is over.

    While one of a kind and subject is open there is no second: whoever notices it again changes nothing. `kind` is a
    code, `subject` what it is about (a retention class, a run; empty for the installation as a whole), `text` one
    sentence for people that names no customer.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=1000)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolution_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(resolved_at__isnull=True), name="incident_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__regex=r"^[a-z_]+$") & ~models.Q(text=""),
                name="incident_says_what",
                violation_error_message=_("Say what happened, and of which kind it is."),
            ),
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True) | models.Q(resolved_at__gte=models.F("opened_at")),
                name="incident_period_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(resolution_told_at__isnull=True)
                | models.Q(resolved_at__isnull=False, told_at__isnull=False),
                name="incident_end_told_after_beginning",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="incident_newest_first")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()

    @property
    def is_open(self) -> bool:
        """Say whether it is not over."""
        return self.resolved_at is None
