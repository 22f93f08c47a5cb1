from datetime import date
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed
from retention.models.plans import PurgePlan
from retention.models.plans import Trigger as PurgeTrigger

ATTEMPTS = 5
"""After so many failed attempts an item is given up, an alert is raised, and the others go on."""

JOURNAL = "journal"
"""Stands for the rule of a bound that the journal of former purges sets."""


class MonthTally(models.Model):
    """What a closed month holds, counted once well before it expires; a later write to the month removes the tally.

    `days` is `[{"day", "rows", "readings", "digest"}]` of every day with rows; `digest` is SHA-256 over theirs (see
    `retention.disposal.tallies`). The salt goes with the last of the data. A nightly trim takes its days out.
    """

    id = models.BigAutoField(primary_key=True)
    table_name = models.CharField(max_length=63)
    month = models.DateField()
    rows = models.PositiveBigIntegerField()
    readings = models.PositiveBigIntegerField()
    oldest = models.DateField(null=True)
    newest = models.DateField(null=True)
    salt = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    days = models.JSONField(default=list, db_default=[])
    closed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table_name", "month"], name="tally_once_a_month"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="tally_of_a_whole_month"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.month:%Y-%m}"


class PurgeRunQuerySet(models.QuerySet["PurgeRun"]):
    """Runs of the purge."""

    def unfinished(self) -> "PurgeRunQuerySet":
        """Return those that have work to do now; a paused one waits for its order."""
        return self.filter(status__in=[PurgeRun.Status.PENDING, PurgeRun.Status.RUNNING])

    def open(self) -> "PurgeRunQuerySet":
        """Return those that are not over, paused ones included."""
        return self.filter(finished_at__isnull=True)


class PurgeRun(models.Model):
    """One execution of an approved plan: its bounds, fixed once, its progress, who started it.

    `bounds` maps each retention class to `{"before", "rule", "months"}`: what is older than `before` is past its time.
    `summary` is what the plan expected of each class. What would enlarge a run beyond its plan stops it, and
    `stopped_because` says what changed. Runs from before there were plans have none.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Finished with faults")
        STOPPED = "stopped", _("Stopped: more would have been dropped than planned")

    Trigger = PurgeTrigger

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    plan = models.OneToOneField(PurgePlan, null=True, blank=True, on_delete=models.PROTECT, related_name="run")
    as_of = models.DateField()
    trigger = models.CharField(max_length=20, choices=PurgeTrigger.choices)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    bounds = models.JSONField()
    summary = models.JSONField(db_column="plan")
    plan_digest = models.CharField(max_length=64)
    progress = models.FloatField(default=0)
    stopped_because = models.CharField(max_length=500, blank=True, db_default="", editable=False)
    operator_kind = models.CharField(max_length=20)
    operator = models.CharField(max_length=200)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PurgeRunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["as_of"], condition=models.Q(trigger="nightly"), name="run_nightly_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["as_of", "trigger"],
                condition=models.Q(status__in=["pending", "running"]),
                name="run_one_open_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(progress__gte=0, progress__lte=1), name="run_progress_between_0_and_1"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["finished", "failed", "stopped"], finished_at__isnull=False)
                | models.Q(status__in=["pending", "running", "paused"], finished_at__isnull=True),
                name="run_over_says_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="stopped") | ~models.Q(stopped_because=""), name="run_stopped_says_why"
            ),
            models.CheckConstraint(
                condition=~models.Q(operator="") & ~models.Q(reason=""), name="run_names_its_author"
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="run_newest_first")]

    def __str__(self) -> str:
        return f"{self.as_of} ({self.get_status_display()})"

    @property
    def is_finished(self) -> bool:
        """Say whether the run is over, with or without faults."""
        return self.finished_at is not None

    @cached_property
    def planned_months(self) -> frozenset[str]:
        """Return the partitions that the run's items drop or trim; they are fixed when it is started."""
        return frozenset(self.items.filter(action__in=MONTHLY).values_list("partition", flat=True))

    @property
    def is_paused(self) -> bool:
        """Say whether the run waits for somebody to have it go on."""
        return self.status == self.Status.PAUSED


class PurgeItem(models.Model):
    """One step of a run: a month to drop, a boundary month to trim, a held table, a table's rows, a class's files.

    Its outcome is written in the transaction that disposes of the data, so that the two cannot disagree.
    """

    class Action(models.TextChoices):
        DROP_MONTH = "drop_month", _("drop the month")
        TRIM_MONTH = "trim_month", _("delete the month's expired days")
        TRIM_HELD = "trim_held", _("delete what is no longer held")
        DELETE_ROWS = "delete_rows", _("delete rows")
        DELETE_FILES = "delete_files", _("destroy files")
        DESTROY_KEYS = "destroy_keys", _("destroy keys")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Given up")
        LEFT = "left", _("Left untouched")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(PurgeRun, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    retention_class = models.CharField(max_length=40)
    action = models.CharField(max_length=20, choices=Action.choices)
    partition = models.CharField(max_length=63)
    lower = models.DateField(null=True, blank=True)
    before = models.DateField()
    planned_total = models.PositiveBigIntegerField()
    planned_held = models.PositiveBigIntegerField()
    total = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    dropped = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    held_digest = models.CharField(max_length=64, blank=True)
    hold_ids = ArrayField(models.UUIDField(), default=list)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_journaled = models.BooleanField(default=False)
    entry_id = models.BigIntegerField(unique=True, null=True, editable=False)
    salt = models.BinaryField(max_length=32, null=True, editable=False)
    evidence = models.BinaryField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "partition", "action"], name="item_once_a_run"),
            models.CheckConstraint(
                condition=models.Q(total=models.F("held") + models.F("dropped")), name="item_total_is_held_and_dropped"
            ),
            models.CheckConstraint(
                condition=models.Q(status="pending", finished_at__isnull=True)
                | models.Q(status__in=["done", "failed", "left"], finished_at__isnull=False),
                name="item_over_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.partition}"

    @property
    def planned_to_drop(self) -> int:
        """Return how many rows the plan lets go; the run never drops more."""
        return self.planned_total - self.planned_held

    @property
    def shrunk_by(self) -> int:
        """Return how many of the rows that the plan lets go stayed, once the step is over: a later hold kept them."""
        return max(self.planned_to_drop - self.dropped, 0) if self.finished_at else 0

    @property
    def month(self) -> date | None:
        """Return the first day of the month that is dropped or trimmed; None for other steps."""
        return self.lower if self.action in MONTHLY else None


MONTHLY = frozenset({PurgeItem.Action.DROP_MONTH, PurgeItem.Action.TRIM_MONTH})
"""The actions on a month's partition."""


class Certificate(Witnessed):
    """The signed statement of what a run disposed of; the document is checked by `python -m ledger.verify FILE`."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    run = models.OneToOneField(PurgeRun, on_delete=models.PROTECT, related_name="certificate")
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="certificate_sha256_hex"),
        ]

    def __str__(self) -> str:
        return f"certificate {self.uuid}"
