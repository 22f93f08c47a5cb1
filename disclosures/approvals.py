"""Which releases take two persons, and whether the second has agreed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from disclosures.conditions import Condition
from disclosures.models import LegalBasis, ReleaseProposal
from protection import datamap
from protection.datamap import DataClass

if TYPE_CHECKING:
    from disclosures.gate import ReleaseRequest

BULK_OVER = 100
"""A release to more named customers than this takes two persons; one to customers chosen by a rule always does.

The database holds the same number (`disclosures_bulk_over`)."""
REVIEW_WITHIN = timedelta(hours=72)
"""How long after a release in an emergency the second person has to review it."""

Kind = ReleaseProposal.Kind


def government_ids() -> frozenset[str]:
    """Return the ids of the fields that are numbers given by a government and may leave the provider at all."""
    return frozenset(
        field.id for field in datamap.fields(releasable=True) if field.data_class == DataClass.GOVERNMENT_ID
    )


def approval_needed(request: "ReleaseRequest") -> Kind | None:
    """Return why a request takes two persons before anything goes out; None where it does not."""
    if request.is_own:
        return None
    if request.cohort is not None or len(request.customers) > BULK_OVER:
        return Kind.BULK
    if is_reviewed_afterwards(request.basis):
        return None
    return Kind.GOVERNMENT_ID if government_ids() & set(request.field_ids) else None


def approval_conditions(request: "ReleaseRequest") -> Iterator[Condition]:
    """Yield the approval where it is needed and not given."""
    needed = approval_needed(request)
    if needed is None:
        return
    proposal = request.feed.proposal if request.feed else request.proposal
    if proposal is None or not proposal.is_approved:
        yield Condition("approval_missing", {"kind": str(needed.label)})


def is_reviewed_afterwards(basis: LegalBasis) -> bool:
    """Say whether releases on this basis go out at once and a second person reviews them: those for emergencies."""
    return "emergency_service" in basis.recipient_kinds
