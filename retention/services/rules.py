from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.services import record_act
from energy.models import ImportWindow
from ledger.actor import Actor
from protection.clock import transaction_time
from retention.errors import DecidedError, NotAllowedError, RuleError
from retention.models import RetentionRule, RuleProposal
from retention.permissions import can_change_rule
from retention.services.proposals import decide, propose

LONGEST_WINDOW_MONTHS = 400
"""How far back imports reach where nothing is ever past its time; months before 1990 are never made."""


@transaction.atomic
def change_rule(*, retention_class: str, months: int | None, citation: str, reason: str, by: Actor) -> RuleProposal:
    """Propose another period for a retention class; None keeps it as long as the portal runs.

    A shorter period needs `approve_rule` by a second person, since what is forgotten does not come back. Once approved,
    another period waits until the privacy notice says so (`put_rule_in_force`); a change of the citation alone is in
    force at once. Raises NotAllowedError, RuleError when nothing would change or a change waits for the notice,
    ProposalError when the floor would be undercut, a change waits for a person, or a text is missing or too long.
    """
    if not can_change_rule(by):
        raise NotAllowedError
    current = RetentionRule.objects.current().select_for_update().filter(retention_class=retention_class).first()
    if current is None:
        raise RuleError(_("There is no retention class of this name."))
    if current.months == months and current.citation == citation.strip():
        raise RuleError(_("This is the rule that is in force already."))
    if RuleProposal.objects.waiting().filter(retention_class=retention_class).exists():
        raise RuleError(_("A change of this rule waits for a privacy notice. Withdraw it first."))
    proposal = RuleProposal(
        retention_class=retention_class,
        months=months,
        floor_months=current.floor_months,
        citation=citation.strip(),
        reason=reason,
        is_shortening=_is_shorter(months, than=current.months),
    )
    if not proposal.citation:
        raise RuleError(_("State the rule or policy that the change rests on."))
    propose(proposal, by, kind="rule.proposed", evidence=_described(proposal))
    if proposal.is_shortening:
        return proposal
    proposal = _approve(proposal, by, one_may_approve=True)
    if months == current.months:
        _put_in_force(proposal, current, by)
    return proposal


@transaction.atomic
def approve_rule(*, proposal: RuleProposal, by: Actor) -> RuleProposal:
    """Approve a shorter period, as the second person; it waits until the privacy notice says so.

    Raises SecondPersonError, NotAllowedError, DecidedError.
    """
    if not can_change_rule(by):
        raise NotAllowedError
    return _approve(proposal, by)


@transaction.atomic
def refuse_rule(*, proposal: RuleProposal, by: Actor) -> RuleProposal:
    """Drop a proposed change; its author may, too. Raises NotAllowedError, DecidedError."""
    if not can_change_rule(by):
        raise NotAllowedError
    evidence = {"retention_class": proposal.retention_class}
    return decide(proposal, by, is_approved=False, kind="rule.refused", evidence=evidence)


@transaction.atomic
def withdraw_rule(*, proposal: RuleProposal, by: Actor) -> RuleProposal:
    """Give up an approved change that is not in force yet.

    Raises NotAllowedError, DecidedError when it is, RuleError when a notice that says so is submitted or approved:
    people may have read it.
    """
    if not can_change_rule(by):
        raise NotAllowedError
    proposal = _lock_waiting(proposal)
    proposal.withdrawn_at, proposal.withdrawn_by_name = transaction_time(), by.name
    try:
        with transaction.atomic():
            proposal.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    except IntegrityError as error:
        raise RuleError(
            _("A privacy notice that says so is submitted or approved. Have the notice sent back first.")
        ) from error
    facts = {"proposal": proposal.uuid, "retention_class": proposal.retention_class}
    record_act(kind="rule.withdrawn", by=by, facts=facts, row_uuid=proposal.uuid)
    return proposal


@transaction.atomic
def put_rule_in_force(*, proposal: RuleProposal, by: Actor) -> RetentionRule:
    """Put an approved change in force, now that the privacy notice says so; the database looks whether it does.

    Raises DecidedError when it is in force or was withdrawn.
    """
    proposal = _lock_waiting(proposal)
    current = RetentionRule.objects.current().select_for_update().get(retention_class=proposal.retention_class)
    return _put_in_force(proposal, current, by)


def _approve(proposal: RuleProposal, by: Actor, *, one_may_approve: bool = False) -> RuleProposal:
    evidence = {"retention_class": proposal.retention_class, "months": proposal.months}
    return decide(
        proposal, by, is_approved=True, kind="rule.approved", evidence=evidence, one_may_approve=one_may_approve
    )


def _lock_waiting(proposal: RuleProposal) -> RuleProposal:
    locked = RuleProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if not RuleProposal.objects.waiting().filter(pk=locked.pk).exists():
        raise DecidedError
    return locked


def _put_in_force(proposal: RuleProposal, current: RetentionRule, by: Actor) -> RetentionRule:
    now = transaction_time()
    current.valid_to = now
    current.save(update_fields=["valid_to"])
    rule = RetentionRule.objects.create(
        retention_class=current.retention_class,
        cutoff=current.cutoff,
        months=proposal.months,
        floor_months=proposal.floor_months,
        citation=proposal.citation,
        valid_from=now,
        created_by_id=by.user_id,
        created_by_name=by.name,
        proposal=proposal,
    )
    _open_imports(rule)
    facts = {"proposal": proposal.uuid, "rule": rule.uuid, "former": current.uuid}
    record_act(kind="rule.changed", by=by, facts=facts, row_uuid=rule.uuid)
    return rule


def _open_imports(rule: RetentionRule) -> None:
    """Let imports of usage and bills reach exactly as far back as the rule keeps them."""
    window = ImportWindow.objects.select_for_update().filter(retention_class=rule.retention_class).first()
    if window is not None:
        window.months = LONGEST_WINDOW_MONTHS if rule.months is None else rule.months
        window.save(update_fields=["months"])


def _is_shorter(months: int | None, *, than: int | None) -> bool:
    return months is not None and (than is None or months < than)


def _described(proposal: RuleProposal) -> dict[str, object]:
    return {
        "retention_class": proposal.retention_class,
        "months": proposal.months,
        "citation": proposal.citation,
        "is_shortening": proposal.is_shortening,
    }
