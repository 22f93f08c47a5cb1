from collections.abc import Mapping
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.clock import transaction_time
from retention.errors import DecidedError, ProposalError, RetentionError, SecondPersonError
from retention.models.proposals import DECISION_COLUMNS, Proposal

Proposed = TypeVar("Proposed", bound=Proposal)

_UNCHECKED = {"entry_id", "salt", "evidence", "proposed_by", "proposed_by_name"}


@transaction.atomic
def propose(
    proposal: Proposed,
    by: Actor,
    *,
    kind: str,
    evidence: Mapping[str, object],
    subject_tag: bytes = PROVIDER_TAG,
    is_computed: bool = False,
) -> Proposed:
    """Write a proposal down with who proposed it, and in the ledger as `kind`.

    The caller has checked the right. Raises ProposalError, with what to do, when the reason is missing or too long or
    a rule of the table is broken (another proposal waits, for instance). Of one that `is_computed` only the reason is a
    person's: the table's rules are then left to the database.
    """
    proposal.reason = proposal.reason.strip()
    proposal.proposed_by_id = by.user_id
    proposal.proposed_by_name = by.name
    # The column's default is the statement's time, later than that of an approval in the same transaction.
    proposal.proposed_at = transaction_time()
    if is_computed:
        _refuse_bad_reason(proposal)
    else:
        refuse_nonsense(proposal)
    witness = record(
        kind=kind,
        subject_tag=subject_tag,
        evidence={"by": by.evidence(), "proposal": proposal.uuid, "reason": proposal.reason, **evidence},
    )
    for column, value in witness.columns().items():
        setattr(proposal, column, value)
    proposal.save(force_insert=True)
    return proposal


@transaction.atomic
def decide(
    proposal: Proposed,
    by: Actor,
    *,
    is_approved: bool,
    kind: str,
    evidence: Mapping[str, object],
    one_may_approve: bool = False,
    subject_tag: bytes = PROVIDER_TAG,
) -> Proposed:
    """Approve or refuse a proposal as the second person, and write it in the ledger as `kind`; return the fresh row.

    The proposer may refuse (take back) but not approve, unless `one_may_approve`. The caller has checked the right and
    puts into effect what is approved, in this transaction. Raises DecidedError when another was quicker, and
    SecondPersonError.
    """
    proposal = lock_undecided(proposal)
    if is_approved and not one_may_approve and is_author(proposal, by):
        raise SecondPersonError
    witness = record(
        kind=kind,
        subject_tag=subject_tag,
        evidence={"by": by.evidence(), "proposal": proposal.uuid, "is_approved": is_approved, **evidence},
    )
    proposal.decided_at = transaction_time()
    proposal.decided_by_id = by.user_id
    proposal.decided_by_name = by.name
    proposal.is_approved = is_approved
    proposal.decision_entry_id = witness.entry_id
    proposal.decision_salt = witness.salt
    proposal.decision_evidence = witness.evidence
    proposal.save(update_fields=DECISION_COLUMNS)
    return proposal


def lock_undecided(proposal: Proposed) -> Proposed:
    """Lock a proposal until the transaction ends and return it as it is now. Raises DecidedError."""
    locked: Proposed = type(proposal)._default_manager.select_for_update(of=("self",)).get(pk=proposal.pk)
    if locked.is_decided:
        raise DecidedError
    return locked


def is_author(proposal: Proposal, by: Actor) -> bool:
    """Say whether the actor is who proposed it: by id where both are users, else by name."""
    if proposal.proposed_by_id is not None and by.user_id is not None:
        return proposal.proposed_by_id == by.user_id
    return proposal.proposed_by_name == by.name


def refuse_nonsense(proposal: Proposal) -> None:
    """Raise ProposalError for a missing or too long text or a broken constraint, before the database has to."""
    _refuse_bad_reason(proposal)
    refuse_bad_fields(proposal, error=ProposalError, exclude=_UNCHECKED)


def refuse_bad_fields(row: Model, *, error: type[RetentionError], exclude: set[str]) -> None:
    """Raise `error`, naming the field, when a value is too long or missing, or when a constraint would refuse it."""
    _refuse_bad_values(row, error, exclude)
    try:
        row.validate_constraints()
    except ValidationError as refused:
        raise error(" ".join(refused.messages)) from refused


def _refuse_bad_reason(proposal: Proposal) -> None:
    if not proposal.reason:
        raise ProposalError(_("State the reason."))
    others = {field.name for field in proposal._meta.fields} - {"reason"}
    _refuse_bad_values(proposal, ProposalError, others)


def _refuse_bad_values(row: Model, error: type[RetentionError], exclude: set[str]) -> None:
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as refused:
        named = [
            f"{row._meta.get_field(name).verbose_name}: {' '.join(messages)}"  # type: ignore[union-attr]
            for name, messages in refused.message_dict.items()
        ]
        raise error(" ".join(named)) from refused
