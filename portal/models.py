from django.db import models
from django.db.models.functions import Now


class SignOfLife(models.Model):
    """When a process of the portal was last known to work, one row for each kind and machine.

    Web and workers write their own; beat's is written by the task that beat alone rings for, so that it says that
    scheduled work is really done.
    """

    class Process(models.TextChoices):
        WEB = "web", "web"
        WORKER = "worker", "worker"
        PURGE = "purge", "purge"
        BEAT = "beat", "beat"

    id = models.BigAutoField(primary_key=True)
    process = models.CharField(max_length=10, choices=Process.choices)
    machine = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "signs of life"
        constraints = [
            models.UniqueConstraint(fields=["process", "machine"], name="sign_once_a_process_and_machine"),
            models.CheckConstraint(
                condition=models.Q(process__in=["web", "worker", "purge", "beat"]), name="sign_process_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process} on {self.machine}"


class ControlRun(models.Model):
    """What a control counted at a moment; `found` is None where it could not be asked. Append-only."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60)
    ran_at = models.DateTimeField(db_default=Now(), editable=False)
    found = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["code", "-ran_at"], name="control_run_by_code")]

    def __str__(self) -> str:
        return f"{self.code}: {self.found}"
