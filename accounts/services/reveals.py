from django.db import transaction

from accounts.errors import NotAllowedError
from accounts.models import Account, Concealment, Customer, CustomerOpening, User, ValueReveal
from accounts.permissions import can_see_customer
from accounts.selectors import active_user
from ledger.actor import Actor
from ledger.services import record
from protection import datamap
from protection.clock import transaction_time


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
    concealment = _concealment_of_look(user, customer)
    witness = record(
        kind="value.revealed",
        subject_tag=bytes(concealment.tag if concealment else customer.tag),
        evidence={"by": by.evidence(), "field": field_id, "row": row.uuid, "why": reason},
    )
    ValueReveal.objects.create(
        user=user,
        customer=customer,
        field_id=field_id,
        reason=reason,
        concealment=concealment,
        **witness.columns(),
    )
    return str(getattr(row, declaration.attribute))


def _concealment_of_look(user: User, customer: Customer) -> Concealment | None:
    """Return the order not to tell under which alone the user looks at the customer now."""
    openings = CustomerOpening.objects.unexpired(transaction_time()).filter(user=user, customer=customer)
    found = [opening.concealment for opening in openings.select_related("concealment").order_by("pk")]
    running = [one for one in found if one is not None and one.is_running]
    return running[0] if running and len(running) == len(found) else None
