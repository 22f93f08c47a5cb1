from uuid import UUID, uuid5

from django.db import transaction

from accounts.permissions import DESK_ROLES, is_bound
from accounts.reasons import is_reason
from disclosures.approvals import approval_needed
from disclosures.cohorts import Cohort
from disclosures.errors import (
    DecisionReasonMissingError,
    NotAllowedError,
    ProposalRefused,
    ProposalUnneededError,
    ReleaseDenied,
)
from disclosures.gate import Decision, ReleaseRequest, decide
from disclosures.models import Release, ReleaseDenial, ReleaseProposal
from disclosures.requesters import Requester
from disclosures.services.feeds import refuse_unfit, start_feed
from disclosures.services.releases import proposal_evidence, proposal_of, release_disclosure
from ledger.actor import Actor
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from retention.services.proposals import decide as decide_proposal
from retention.services.proposals import propose

_RELEASES = UUID("6a6d6f3e-6f0b-4a55-9a0e-0a4d0f6f2b11")
"""The namespace in which a proposal becomes a request id, so that it is carried out once."""


def can_propose(by: Actor) -> bool:
    """Say whether the actor may propose, approve and reject releases that take two persons: the desk, when bound."""
    return is_bound(by, DESK_ROLES)


@transaction.atomic
def propose_disclosure(*, request: ReleaseRequest, by: Actor, is_nightly: bool = False) -> ReleaseProposal:
    """Put a release that takes two persons before the second one; nothing goes out until that one approves.

    One that `is_nightly` becomes a standing feed, whose nights cover as many days as the request does. What the gate
    says now is kept as an estimate. Raises NotAllowedError, FeedError for what cannot be made every night,
    ProposalUnneededError for what one person may release, ProposalRefused for what lacks something already, retention's
    ProposalError for a missing reason.
    """
    if not can_propose(by):
        raise NotAllowedError
    kind = approval_needed(request)
    if kind is None:
        raise ProposalUnneededError
    if is_nightly:
        refuse_unfit(request)
    decision = decide(request, day=provider_today())
    if not decision.allowed:
        raise ProposalRefused(decision.missing)
    proposal = proposal_of(request, kind=kind)
    proposal.estimate = estimate_of(decision)
    proposal.is_nightly = is_nightly
    evidence = {**proposal_evidence(proposal), "estimate": proposal.estimate, "nightly": is_nightly}
    return propose(proposal, by, kind="release.proposed", evidence=evidence, is_computed=True)


@transaction.atomic
def approve_disclosure(*, proposal: ReleaseProposal, by: Actor) -> ReleaseProposal:
    """Approve a release as the second person; `carry_out_proposal` then makes it. For an emergency it is the review.

    One that is nightly becomes a standing feed at once, whose first delivery is the next night's.

    Raises NotAllowedError, retention's SecondPersonError for who proposed it, DecidedError.
    """
    proposal = _decide(proposal, by, is_approved=True)
    if proposal.is_nightly:
        start_feed(proposal)
    return proposal


@transaction.atomic
def reject_disclosure(*, proposal: ReleaseProposal, by: Actor, reason: str) -> ReleaseProposal:
    """Reject a release with a reason; its proposer may take it back so. What is rejected after an emergency is alarmed.

    Raises NotAllowedError, DecisionReasonMissingError, DecidedError.
    """
    return _decide(proposal, by, is_approved=False, reason=reason)


def carry_out_proposal(*, proposal: ReleaseProposal) -> Release | ReleaseDenial | None:
    """Make the release that two persons agreed to, as things stand now; harmless to repeat.

    Returns the release, the refusal where the gate no longer allows it, None for what is not approved, a feed, or an
    emergency's review. The release is the proposer's.
    """
    with provider_rows():
        proposal = ReleaseProposal.objects.select_related("recipient", "purpose", "basis", "document").get(
            pk=proposal.pk
        )
        if not proposal.is_approved or proposal.is_nightly or proposal.kind == ReleaseProposal.Kind.EMERGENCY:
            return None
        try:
            return release_disclosure(
                request=request_of(proposal), by=_carrier(proposal), request_uuid=uuid5(_RELEASES, str(proposal.uuid))
            )
        except ReleaseDenied as refused:
            return refused.denial


def claim_proposals() -> list[int]:
    """Return the ids of approved proposals that nothing came of yet: left by a lost message or a killed worker."""
    with provider_rows():
        waiting = ReleaseProposal.objects.filter(is_approved=True, is_nightly=False, releases=None, releasedenials=None)
        return list(
            waiting.exclude(kind=ReleaseProposal.Kind.EMERGENCY).order_by("pk").values_list("pk", flat=True)[:100]
        )


def request_of(proposal: ReleaseProposal) -> ReleaseRequest:
    """Return what a proposal asks of the gate."""
    account_ids = tuple(proposal.account_ids)
    cohort = None if proposal.cohort is None else Cohort.from_json(proposal.cohort, account_ids)
    return ReleaseRequest(
        customers=tuple(proposal.customers()),
        cohort=cohort,
        account_ids=() if cohort else account_ids,
        recipient=proposal.recipient,
        purpose=proposal.purpose,
        basis=proposal.basis,
        field_ids=tuple(proposal.field_ids),
        data_from=proposal.data_from,
        data_to=proposal.data_to,
        format=proposal.format,
        reason=proposal.reason,
        document=proposal.document,
        notice_served_on=proposal.notice_served_on,
        requester=Requester.from_json(proposal.requester),
        proposal=proposal,
    )


def estimate_of(decision: Decision) -> dict[str, object]:
    """Return what the gate said, as a proposal keeps it."""
    return {
        "lines": decision.line_count,
        "left_out": dict(decision.excluded),
        "fields": list(decision.effective_field_ids),
    }


def _decide(proposal: ReleaseProposal, by: Actor, *, is_approved: bool, reason: str = "") -> ReleaseProposal:
    if not can_propose(by):
        raise NotAllowedError
    if not is_approved and not is_reason(reason):
        raise DecisionReasonMissingError
    kind = "release.approved" if is_approved else "release.rejected"
    evidence = {**proposal_evidence(proposal), "why": reason.strip()}
    proposal = decide_proposal(proposal, by, is_approved=is_approved, kind=kind, evidence=evidence)
    proposal.decision_reason = reason.strip()
    proposal.save(update_fields=["decision_reason"])
    return proposal


def _carrier(proposal: ReleaseProposal) -> Actor:
    """Return who releases: the portal, on the word of the two whose names the proposal keeps."""
    words = f"approved by {proposal.decided_by_name}, proposed by {proposal.proposed_by_name}"
    return Actor.system(f"release.proposal, {words}"[:200])
