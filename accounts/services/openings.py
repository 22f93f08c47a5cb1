from datetime import timedelta

from django.db import transaction

from accounts.errors import AgreementMissingError, NotAllowedError, ReasonMissingError
from accounts.models import Concealment, Customer, CustomerOpening, User
from accounts.permissions import can_open_customer
from accounts.reasons import is_reason
from ledger.actor import Actor
from ledger.services import record
from protection.clock import transaction_time

OPENING_LASTS = timedelta(minutes=30)


@transaction.atomic
def open_customer(
    *, customer: Customer, reason: str, by: Actor, concealment: Concealment | None = None
) -> CustomerOpening:
    """Let one of the provider's people look at a customer for half an hour, and log it where the customer sees it.

    Under an order not to tell (`concealment`) the customer sees it once that has ended.
    Raises ReasonMissingError without a reason, AgreementMissingError without a confidentiality agreement in
    force, NotAllowedError for who is none of the provider's people.
    """
    reason = reason.strip()
    if not is_reason(reason):
        raise ReasonMissingError
    user = User.objects.filter(pk=by.user_id).first() if by.user_id else None
    if user is None or not user.is_provider:
        raise NotAllowedError
    if not can_open_customer(user, customer):
        raise AgreementMissingError
    now = transaction_time()
    witness = record(
        kind="customer.opened",
        subject_tag=bytes(concealment.tag if concealment else customer.tag),
        evidence={"by": by.evidence(), "reason": reason, "customer": customer.uuid, "at": now},
    )
    return CustomerOpening.objects.create(
        user=user,
        customer=customer,
        reason=reason,
        concealment=concealment,
        expires_at=now + OPENING_LASTS,
        **witness.columns(),
    )
