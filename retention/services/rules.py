from django.db import transaction
from django.utils.translation import gettext_lazy as _

from energy.models import ImportWindow
from ledger.actor import Actor
from protection.clock import transaction_time
from retention.errors import NotAllowedError, RuleError, SecondPersonError
from retention.models import RetentionRule, RuleProposal
from retention.permissions import can_change_rule
from retention.services.proposals import decide, is_author, lock_undecided, propose

LONGEST_WINDOW_MONTHS = 400
"""How far back imports reach where nothing is ever past its time; months before 1990 are never made."""


@transaction.atomic
def change_rule(*, retention_class: str, months: int | None, citation: str, reason: str, by: Actor) -> RuleProposal:
    """Propose another period for a retention class; None keeps it as long as the portal runs.

    A longer period is in force at once. A shorter one waits for `approve_rule` by a second person, since what is
    forgotten does not come back. Raises NotAllowedError, RuleError when nothing would change, ProposalError
    when the floor would be undercut, a change already waits, or a text is missing or too long.
    """
    if not can_change_rule(by):
        raise NotAllowedError
    current = RetentionRule.objects.current().select_for_update().filter(retention_class=retention_class).first()
    if current is None:
        raise RuleError(_("There is no retention class of this name."))
    if current.months == months and current.citation == citation.strip():
        raise RuleError(_("This is the rule that is in force already."))
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
    if not proposal.is_shortening:
        _put_in_force(proposal, current, by)
        proposal.refresh_from_db()
    return proposal


@transaction.atomic
def approve_rule(*, proposal: RuleProposal, by: Actor) -> RetentionRule:
    """Put a shorter period in force, as the second person. Raises SecondPersonError, NotAllowedError, DecidedError."""
    if not can_change_rule(by):
        raise NotAllowedError
    proposal = lock_undecided(proposal)
    if is_author(proposal, by):
        raise SecondPersonError
    current = RetentionRule.objects.current().select_for_update().get(retention_class=proposal.retention_class)
    return _put_in_force(proposal, current, by)


@transaction.atomic
def refuse_rule(*, proposal: RuleProposal, by: Actor) -> RuleProposal:
    """Drop a proposed change; its author may, too. Raises NotAllowedError, DecidedError."""
    if not can_change_rule(by):
        raise NotAllowedError
    evidence = {"retention_class": proposal.retention_class}
    return decide(proposal, by, is_approved=False, kind="rule.refused", evidence=evidence)


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
    evidence = {"rule": rule.uuid, "former": current.uuid}
    one_may_approve = not proposal.is_shortening
    decide(proposal, by, is_approved=True, kind="rule.changed", evidence=evidence, one_may_approve=one_may_approve)
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
