from collections.abc import Collection

from django.db import IntegrityError, transaction

from accounts.errors import NotAllowedError
from accounts.models import Customer, Recipient
from accounts.permissions import DESK_ROLES, is_bound
from consent.errors import FieldsNotCoveredError, NotAnnouncedError, OfferMadeError, RecipientStoppedError
from consent.models import Offer, Purpose
from consent.permissions import can_grant_consent
from consent.selectors import fields_covered, is_announced
from ledger.actor import Actor
from protection.clock import transaction_time


@transaction.atomic
def make_offer(
    *,
    recipient: Recipient,
    purpose: Purpose,
    field_ids: Collection[str],
    customer: Customer | None = None,
    project: str = "",
    months_back: int = 12,
    by: Actor,
) -> Offer:
    """Let an organization ask a customer (or, without one, every customer) to agree in the portal.

    Raises NotAllowedError, RecipientStoppedError, NotAnnouncedError, FieldsNotCoveredError, OfferMadeError when it
    already asks for this.
    """
    user_id = _require_desk(customer, by)
    if not Recipient.objects.receiving().filter(pk=recipient.pk).exists():
        raise RecipientStoppedError
    if not is_announced(purpose=purpose, recipient=recipient):
        raise NotAnnouncedError("recipient" if is_announced(purpose=purpose) else "purpose")
    unknown = set(field_ids) - {field.id for field in fields_covered(purpose)}
    if unknown or not field_ids:
        raise FieldsNotCoveredError(unknown)
    try:
        with transaction.atomic():
            return Offer.objects.create(
                recipient=recipient,
                purpose=purpose,
                customer=customer,
                project=project.strip(),
                field_ids=sorted(set(field_ids)),
                months_back=months_back,
                created_by_id=user_id,
            )
    except IntegrityError as error:
        raise OfferMadeError from error


@transaction.atomic
def close_offer(*, offer: Offer, by: Actor) -> Offer:
    """End an offer: nobody can agree to it any more. What was agreed to stays. Raises NotAllowedError."""
    user_id = _require_desk(offer.customer, by)
    Offer.objects.filter(pk=offer.pk, closed_at__isnull=True).update(closed_at=transaction_time(), closed_by_id=user_id)
    offer.refresh_from_db()
    return offer


def _require_desk(customer: Customer | None, by: Actor) -> int:
    """Return the id of the user of the desk who acts, or raise NotAllowedError."""
    if by.kind == "customer" or by.user_id is None or not is_bound(by, DESK_ROLES):
        raise NotAllowedError
    if customer is not None and not can_grant_consent(by, customer):
        raise NotAllowedError
    return by.user_id
