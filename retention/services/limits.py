from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ledger.actor import Actor
from protection.clock import transaction_time
from retention.errors import NotAllowedError, RuleError
from retention.models import LimitProposal, PurgeLimits
from retention.permissions import can_change_rule
from retention.services.proposals import decide, lock_undecided, propose


@transaction.atomic
def change_limits(*, months_at_once: int, rows_at_once: int, reason: str, by: Actor) -> LimitProposal:
    """Propose other limits for what a plan may drop on one person's word.

    Lower ones are in force at once. Raising either waits for `approve_limits` by a second person. Raises
    NotAllowedError, RuleError when nothing would change, ProposalError when a change already waits.
    """
    if not can_change_rule(by):
        raise NotAllowedError
    current = PurgeLimits.objects.current().select_for_update().get()
    if (current.months_at_once, current.rows_at_once) == (months_at_once, rows_at_once):
        raise RuleError(_("These are the limits that are in force already."))
    proposal = LimitProposal(
        months_at_once=months_at_once,
        rows_at_once=rows_at_once,
        reason=reason,
        is_raising=not current.admit(months=months_at_once, rows=rows_at_once),
    )
    evidence = {"months_at_once": months_at_once, "rows_at_once": rows_at_once, "is_raising": proposal.is_raising}
    propose(proposal, by, kind="limits.proposed", evidence=evidence)
    if not proposal.is_raising:
        _put_in_force(proposal, current, by)
    return proposal


@transaction.atomic
def approve_limits(*, proposal: LimitProposal, by: Actor) -> PurgeLimits:
    """Put higher limits in force, as the second person. Raises NotAllowedError, DecidedError, SecondPersonError."""
    if not can_change_rule(by):
        raise NotAllowedError
    proposal = lock_undecided(proposal)
    return _put_in_force(proposal, PurgeLimits.objects.current().select_for_update().get(), by)


@transaction.atomic
def refuse_limits(*, proposal: LimitProposal, by: Actor) -> LimitProposal:
    """Drop a proposed change; its author may, too. Raises NotAllowedError, DecidedError."""
    if not can_change_rule(by):
        raise NotAllowedError
    return decide(proposal, by, is_approved=False, kind="limits.refused", evidence={})


def _put_in_force(proposal: LimitProposal, current: PurgeLimits, by: Actor) -> PurgeLimits:
    now = transaction_time()
    current.valid_to = now
    current.save(update_fields=["valid_to"])
    limits = PurgeLimits.objects.create(
        months_at_once=proposal.months_at_once,
        rows_at_once=proposal.rows_at_once,
        valid_from=now,
        created_by_id=by.user_id,
        created_by_name=by.name,
        proposal=proposal,
    )
    decide(
        proposal,
        by,
        is_approved=True,
        kind="limits.changed",
        evidence={"limits": limits.uuid, "former": current.uuid},
        one_may_approve=not proposal.is_raising,
    )
    return limits
