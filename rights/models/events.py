from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from ledger.models import Witnessed
from rights.models.corrections import Correction
from rights.models.requests import RightsRequest


class CaseEvent(Witnessed):
    """One step of a correction or a request: who did what, when, and the proof of it. Append-only."""

    class What(models.TextChoices):
        FILED = "filed", _("Received")
        APPLIED = "applied", _("Corrected at once")
        CONFIRMED = "confirmed", _("Receipt confirmed")
        ACCEPTED = "accepted", _("Accepted and corrected")
        REFUSED = "refused", _("Refused")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    correction = models.ForeignKey(Correction, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    request = models.ForeignKey(RightsRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=20, choices=What.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_kind = models.CharField(max_length=20)
    actor_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(correction__isnull=False, request__isnull=True)
                | models.Q(correction__isnull=True, request__isnull=False),
                name="case_event_of_one_case",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    what__in=["filed", "applied", "confirmed", "accepted", "refused", "answered", "withdrawn"]
                ),
                name="case_event_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} by {self.actor_name}"
