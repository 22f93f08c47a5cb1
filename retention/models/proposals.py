"""What needs two persons: one proposes with a reason, another decides. The database refuses one doing both."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import BaseConstraint, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.models import Witnessed
from retention.models.pairs import both_or_neither, two_persons

DECISION_COLUMNS = (
    "decided_at",
    "decided_by_id",
    "decided_by_name",
    "is_approved",
    "decision_entry_id",
    "decision_salt",
    "decision_evidence",
)
"""The columns that a decision writes, once; everything else of a proposal stays as it was proposed."""


class Proposal(Witnessed):
    """An act that somebody proposes with a reason and another person approves or refuses.

    A concrete proposal adds what it is about, takes its constraints from `proposal_constraints` and makes its table
    write-once with `retention.operations.WriteOnce(table, closing=DECISION_COLUMNS)` in its migration.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=500)
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    proposed_by_name = models.CharField(max_length=200, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    decided_by_name = models.CharField(max_length=200, blank=True, editable=False)
    is_approved = models.BooleanField(null=True, editable=False)
    decision_entry_id = models.BigIntegerField(unique=True, null=True, editable=False)
    decision_salt = models.BinaryField(max_length=32, null=True, editable=False)
    decision_evidence = models.BinaryField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_decided(self) -> bool:
        """Say whether somebody has approved or refused it."""
        return self.decided_at is not None


def proposal_constraints(prefix: str, *, one_may_approve: Q | None = None) -> list[BaseConstraint]:
    """Return what the database holds of a proposal: a reason, a whole decision, and two persons for an approval.

    `prefix` begins the constraints' names. `one_may_approve` is the condition under which the proposer's own approval
    counts (a change that takes nothing away); without it, it never does. Anybody may refuse, the proposer too.
    """
    decision_is_two_persons = ~Q(is_approved=True) | two_persons("proposed_by", "decided_by")
    if one_may_approve is not None:
        decision_is_two_persons = one_may_approve | decision_is_two_persons
    return [
        models.CheckConstraint(condition=~Q(reason=""), name=f"{prefix}_states_a_reason"),
        models.CheckConstraint(
            condition=both_or_neither("decided_at", "decided_by_name"), name=f"{prefix}_decided_at_by"
        ),
        models.CheckConstraint(
            condition=Q(decided_at__isnull=True, is_approved__isnull=True, decision_entry_id__isnull=True)
            | Q(decided_at__isnull=False, is_approved__isnull=False, decision_entry_id__isnull=False),
            name=f"{prefix}_decision_says_what",
        ),
        models.CheckConstraint(
            condition=decision_is_two_persons,
            name=f"{prefix}_approved_by_another",
            violation_error_message=_("A second person must approve: whoever proposed it cannot."),
        ),
    ]
