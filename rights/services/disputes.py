from unicodedata import category

from django.db import transaction

from accounts.models import STATEMENT_LENGTH, Customer, Dispute, DisputeWithdrawal
from accounts.selectors import active_user
from ledger.actor import Actor
from ledger.services import record
from retention.services import precede_purges
from rights.errors import (
    STATEMENT_WORDS,
    DisagreementNotOfferedError,
    DisagreementStandsError,
    NotAllowedError,
    StatementMissingError,
    StatementTooLongError,
)
from rights.models import Correction
from rights.permissions import can_withdraw_case, may_file


@transaction.atomic
def state_disagreement(*, correction: Correction, statement: str, by: Actor) -> Dispute:
    """Attach a customer's statement of disagreement to the value that a refused correction left as it was.

    From now on it goes out with every package that is built with the value. The same statement twice is one. Raises
    NotAllowedError, DisagreementNotOfferedError unless the correction was refused, DisagreementStandsError while
    another statement about the field stands, StatementMissingError, StatementTooLongError.
    """
    if not may_file(by, correction.customer):
        raise NotAllowedError
    text = _plain(statement)
    precede_purges()
    customer = Customer.objects.select_for_update().get(pk=correction.customer_id)
    correction.refresh_from_db()
    if correction.status != Correction.Status.REFUSED:
        raise DisagreementNotOfferedError
    place = {"row_uuid": correction.row_uuid, "field_id": correction.field_id}
    standing = Dispute.objects.standing().filter(**place).first()
    if standing is not None:
        if standing.statement != text:
            raise DisagreementStandsError
        return standing
    witness = record(
        kind="dispute.stated",
        subject_tag=bytes(customer.tag),
        evidence={
            "by": by.evidence(),
            "correction": correction.uuid,
            "field": correction.field_id,
            "statement": text,
        },
    )
    return Dispute.objects.create(
        customer=customer, correction_uuid=correction.uuid, statement=text, **place, **witness.columns()
    )


@transaction.atomic
def withdraw_disagreement(*, dispute: Dispute, by: Actor) -> DisputeWithdrawal:
    """Take a statement of disagreement back, so that no later package carries it; twice is once.

    The statement itself stays as evidence of what went out. Raises NotAllowedError for who is no member today.
    """
    precede_purges()
    customer = Customer.objects.select_for_update().get(pk=dispute.customer_id)
    user = active_user(by)
    if user is None or not can_withdraw_case(user, customer):
        raise NotAllowedError
    earlier = DisputeWithdrawal.objects.filter(dispute=dispute).first()
    if earlier is not None:
        return earlier
    witness = record(
        kind="dispute.withdrawn",
        subject_tag=bytes(customer.tag),
        evidence={"by": by.evidence(), "dispute": dispute.uuid, "field": dispute.field_id},
    )
    return DisputeWithdrawal.objects.create(dispute=dispute, **witness.columns())


def _plain(statement: str) -> str:
    """Return the words as they go out: lines ended as one kind, no control characters but line ends."""
    lines = statement.strip().splitlines()
    text = "\n".join("".join(letter for letter in line if category(letter) != "Cc").rstrip() for line in lines)
    if not text:
        raise StatementMissingError
    if len(text.split()) > STATEMENT_WORDS or len(text) > STATEMENT_LENGTH:
        raise StatementTooLongError
    return text
