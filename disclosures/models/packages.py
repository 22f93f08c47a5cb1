from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from disclosures.conditions import Condition, from_json
from disclosures.models.releases import Release
from ledger.models import Witnessed


class PackageQuerySet(models.QuerySet["Package"]):
    """Packages, each the file of one release."""

    def waiting(self, *, abandoned_before: datetime) -> "PackageQuerySet":
        """Return those to build: never begun, or begun before a moment by a worker that must be gone."""
        begun = models.Q(status=Package.Status.BUILDING, started_at__lt=abandoned_before)
        return self.filter(models.Q(status=Package.Status.PENDING) | begun)


class Package(models.Model):
    """The building of a release's file, and how long and how often it may be fetched."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting to be built")
        BUILDING = "building", _("Being built")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="package")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    progress = models.FloatField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    downloads_max = models.PositiveSmallIntegerField()

    objects = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "building", "ready", "refused", "failed"]),
                name="package_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(progress__gte=0, progress__lte=1), name="package_progress_is_a_share"
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["refused", "failed"]) | ~models.Q(problem=""),
                name="package_says_its_problem",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(status__in=["pending", "building"]),
                name="package_waiting",
            ),
            models.Index(fields=["created_at"], name="package_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.release}: {self.status}"

    @property
    def is_running(self) -> bool:
        """Say whether the file is still to come."""
        return self.status in {self.Status.PENDING, self.Status.BUILDING}


class PackageFile(Witnessed):
    """The file that was built for a package, once; its hash is in the ledger before anybody fetches it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    package = models.OneToOneField(Package, on_delete=models.PROTECT, related_name="built")
    file = models.ForeignKey("protection.SealedFile", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    record_count = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="packagefile_sha256_hex"),
        ]
        indexes = [models.Index(fields=["created_at"], name="packagefile_by_age")]

    def __str__(self) -> str:
        return self.sha256[:12]


class Delivery(Witnessed):
    """One attempt to fetch a package, delivered or refused with every reason. Append-only."""

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("Downloaded")
        REFUSED = "refused", _("Refused")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="deliveries")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    conditions = models.JSONField(default=list)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["package", "created_at"], name="delivery_by_package"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="delivered", conditions=[])
                | (models.Q(outcome="refused") & ~models.Q(conditions=[])),
                name="delivery_refused_with_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.outcome}"

    @property
    def reasons(self) -> tuple[Condition, ...]:
        """Return why it was refused; nothing where it was not."""
        return from_json(self.conditions)
