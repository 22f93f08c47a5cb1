from django.db import transaction

from accounts.errors import ConflictResolvedError, NotAllowedError
from accounts.models import Account, Customer, FieldConflict, FieldSource
from accounts.permissions import DESK_ROLES, can_see_customer
from accounts.selectors import active_user
from accounts.services.acts import record_act
from accounts.services.fields import set_field
from ledger.actor import Actor
from protection.clock import transaction_time


@transaction.atomic
def resolve_conflict(*, conflict: FieldConflict, resolution: str, by: Actor) -> FieldConflict:
    """Keep the customer's value, or take the one that a feed offered.

    A taken value counts as set by staff and so outlives the next feed. Raises NotAllowedError unless staff opened the
    customer, ConflictResolvedError when somebody decided it before.
    """
    conflict = FieldConflict.objects.select_for_update(of=("self",)).select_related("customer").get(pk=conflict.pk)
    user = active_user(by)
    if user is None or user.role not in DESK_ROLES:
        raise NotAllowedError
    if not can_see_customer(user, conflict.customer):
        raise NotAllowedError
    if conflict.resolved_at is not None:
        raise ConflictResolvedError
    if resolution == FieldConflict.Resolution.TAKE:
        set_field(
            row=row_of(conflict),
            field=conflict.declaration.attribute,
            value=conflict.offered_value,
            source=FieldSource.Source.STAFF,
            by=by,
        )
    conflict.resolved_at, conflict.resolved_by, conflict.resolution = transaction_time(), user, resolution
    conflict.save(update_fields=["resolved_at", "resolved_by", "resolution"])
    record_act(
        kind="conflict.resolved",
        by=by,
        facts={"field": conflict.field_id, "conflict": conflict.uuid, "as": resolution},
        row_uuid=conflict.row_uuid,
        customer=conflict.customer,
    )
    return conflict


def row_of(conflict: FieldConflict) -> Customer | Account:
    """Return the customer or the account whose field is in question."""
    model = Account if conflict.declaration.model is Account else Customer
    return model.objects.get(uuid=conflict.row_uuid)
