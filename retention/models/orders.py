from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed
from retention.models.runs import PurgeRun


class RunOrder(Witnessed):
    """An order to pause a run, or to go on with it; append-only. A trigger gives the run its state.

    So the web, which may not write runs, can pause one; and a run is never paused without a person and a reason.
    """

    class Kind(models.TextChoices):
        PAUSE = "pause", _("Paused")
        RESUME = "resume", _("Resumed")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(PurgeRun, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=500)
    given_at = models.DateTimeField(db_default=Now(), editable=False)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    given_by_name = models.CharField(max_length=200, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["pause", "resume"]), name="run_order_kind_known"),
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(given_by_name=""), name="run_order_states_its_ground"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id}"
