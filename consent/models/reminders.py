from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts.models import Customer
from consent.models.consents import Consent


class Reminder(models.Model):
    """That a customer was reminded of a running consent; once for each year that it runs.

    `due_on` is the day a year after the customer last gave, changed, kept or was reminded of it. `kept_at` is set when
    the customer answers that it shall stay.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="reminders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "due_on"], name="reminder_once_a_year"),
            models.CheckConstraint(
                condition=models.Q(kept_at__isnull=True, kept_by__isnull=True)
                | models.Q(kept_at__isnull=False, kept_by__isnull=False),
                name="reminder_kept_at_by",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consent} due on {self.due_on}"
