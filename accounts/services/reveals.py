from django.db import transaction

from accounts.errors import NotAllowedError
from accounts.models import Account, Customer, ValueReveal
from accounts.permissions import can_see_customer
from accounts.selectors import active_user
from ledger.actor import Actor
from ledger.services import record
from protection import datamap


@transaction.atomic
def reveal_value(*, row: Customer | Account, field_id: str, by: Actor, reason: str = "") -> str:
    """Return a sealed value in full, and log that it was shown, to whom and why.

    The caller has asked the person to sign in again. Raises NotAllowedError for who may not see the customer now.
    """
    customer = row if isinstance(row, Customer) else row.customer
    user = active_user(by)
    declaration = datamap.field_by_id(field_id)
    if user is None or not isinstance(row, declaration.model) or not can_see_customer(user, customer):
        raise NotAllowedError
    witness = record(
        kind="value.revealed",
        subject_tag=bytes(customer.tag),
        evidence={"by": by.evidence(), "field": field_id, "row": row.uuid, "why": reason},
    )
    ValueReveal.objects.create(user=user, customer=customer, field_id=field_id, reason=reason, **witness.columns())
    return str(getattr(row, declaration.attribute))
