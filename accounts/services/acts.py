from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from accounts.models import AccountAct, Customer
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from protection.rowsecurity import provider_rows


@transaction.atomic
def record_act(
    *,
    kind: str,
    by: Actor,
    facts: Mapping[str, object],
    row_uuid: UUID | None,
    customer: Customer | None = None,
    tag: bytes = PROVIDER_TAG,
) -> AccountAct:
    """Enter an act in the ledger and keep what opens the entry.

    Its subject is the customer, or else whoever `tag` stands for. An act without a customer is kept whatever rows the
    one who acts may see: an administrator signs their own first agreement before any row is in their sight.
    """
    subject = bytes(customer.tag) if customer else tag
    witness = record(kind=kind, subject_tag=subject, evidence={"by": by.evidence(), **facts})
    act = AccountAct(customer=customer, kind=kind, row_uuid=row_uuid, **witness.columns())
    if customer:
        act.save(force_insert=True)
        return act
    with provider_rows():
        act.save(force_insert=True)
    return act
