from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from energy.models import ImportWindow
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time
from retention.errors import NotAllowedError, RuleError, SecondPersonError
from retention.models import RetentionRule, RuleProposal
from retention.permissions import can_change_rule

LONGEST_WINDOW_MONTHS = 400
"""How far back imports reach where nothing is ever past its time; months before 1990 are never made."""


@transaction.atomic
def change_rule(*, retention_class: str, months: int | None, citation: str, reason: str, by: Actor) -> RuleProposal:
    """Propose another period for a retention class; None keeps it as long as the portal runs.

    A longer period is in force at once. A shorter one waits for `approve_rule` by a second person, since what is
    forgotten does not come back. Raises NotAllowedError, or RuleError when the floor would be undercut, a change
    already waits, or nothing would change.
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
        reason=reason.strip(),
        is_shortening=_is_shorter(months, than=current.months),
        proposed_by_id=by.user_id,
        proposed_by_name=by.name,
    )
    _refuse_nonsense(proposal)
    witness = record(kind="rule.proposed", subject_tag=PROVIDER_TAG, evidence=_described(proposal, by))
    for column, value in witness.columns().items():
        setattr(proposal, column, value)
    proposal.save(force_insert=True)
    if not proposal.is_shortening:
        _put_in_force(proposal, current, by)
    return proposal


@transaction.atomic
def approve_rule(*, proposal: RuleProposal, by: Actor) -> RetentionRule:
    """Put a shorter period in force, as the second person. Raises SecondPersonError, NotAllowedError, RuleError."""
    proposal = _undecided(proposal, by)
    if _is_same_person(proposal, by):
        raise SecondPersonError
    current = RetentionRule.objects.current().select_for_update().get(retention_class=proposal.retention_class)
    return _put_in_force(proposal, current, by)


@transaction.atomic
def refuse_rule(*, proposal: RuleProposal, by: Actor) -> RuleProposal:
    """Drop a proposed change; its author may, too. Raises NotAllowedError, RuleError."""
    proposal = _undecided(proposal, by)
    evidence = {"by": by.evidence(), "proposal": proposal.uuid, "retention_class": proposal.retention_class}
    _decide(proposal, by, is_approved=False, evidence=evidence)
    return proposal


def _undecided(proposal: RuleProposal, by: Actor) -> RuleProposal:
    if not can_change_rule(by):
        raise NotAllowedError
    locked = RuleProposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.decided_at is not None:
        raise RuleError(_("This change was decided before; there is nothing left to do."))
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
    evidence = {"by": by.evidence(), "rule": rule.uuid, "former": current.uuid, "proposal": proposal.uuid}
    _decide(proposal, by, is_approved=True, evidence=evidence)
    return rule


def _open_imports(rule: RetentionRule) -> None:
    """Let imports of usage and bills reach exactly as far back as the rule keeps them."""
    window = ImportWindow.objects.select_for_update().filter(retention_class=rule.retention_class).first()
    if window is not None:
        window.months = LONGEST_WINDOW_MONTHS if rule.months is None else rule.months
        window.save(update_fields=["months"])


def _decide(proposal: RuleProposal, by: Actor, *, is_approved: bool, evidence: Mapping[str, object]) -> None:
    kind = "rule.changed" if is_approved else "rule.refused"
    witness = record(kind=kind, subject_tag=PROVIDER_TAG, evidence=evidence)
    proposal.decided_at = transaction_time()
    proposal.decided_by_id = by.user_id
    proposal.decided_by_name = by.name
    proposal.is_approved = is_approved
    proposal.decision_entry_id = witness.entry_id
    proposal.decision_salt = witness.salt
    proposal.decision_evidence = witness.evidence
    proposal.save()


def _is_shorter(months: int | None, *, than: int | None) -> bool:
    return months is not None and (than is None or months < than)


def _is_same_person(proposal: RuleProposal, by: Actor) -> bool:
    if proposal.proposed_by_id is not None and by.user_id is not None:
        return proposal.proposed_by_id == by.user_id
    return proposal.proposed_by_name == by.name


def _refuse_nonsense(proposal: RuleProposal) -> None:
    if not (proposal.reason and proposal.citation):
        raise RuleError(_("State the reason for the change and the rule or policy that it rests on."))
    try:
        proposal.validate_constraints()
    except ValidationError as error:
        raise RuleError(" ".join(error.messages)) from error


def _described(proposal: RuleProposal, by: Actor) -> dict[str, object]:
    return {
        "by": by.evidence(),
        "proposal": proposal.uuid,
        "retention_class": proposal.retention_class,
        "months": proposal.months,
        "citation": proposal.citation,
        "reason": proposal.reason,
        "is_shortening": proposal.is_shortening,
    }
