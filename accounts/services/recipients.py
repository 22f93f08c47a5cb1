from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import OverError
from accounts.models import OnwardRecipient, Recipient, RecipientContact, RecipientSite
from accounts.services.acts import record_act
from accounts.services.rights import administrator_id, require_administrator
from ledger.actor import Actor
from protection.clock import transaction_time

CHANGEABLE = ("legal_name", "trade_name", "kind", "email", "phone", "postal_address", "registered_address")
Dealing = TypeVar("Dealing", RecipientContact, RecipientSite, OnwardRecipient)


@transaction.atomic
def register_recipient(*, by: Actor, **details: Any) -> Recipient:
    """Add an organization that may receive data. `details` are the fields of Recipient. Administrators only."""
    require_administrator(by)
    recipient = Recipient.objects.create(**details)
    record_of(recipient, "recipient.registered", by, {"legal_name": recipient.legal_name})
    return recipient


@transaction.atomic
def change_recipient(*, recipient: Recipient, by: Actor, **details: str) -> Recipient:
    """Change what is known of a recipient; the ledger keeps each former value beside the new one.

    `details` are among CHANGEABLE; what stays as it was is no change. Raises NotAllowedError for all but
    administrators.
    """
    require_administrator(by)
    recipient = Recipient.objects.select_for_update().get(pk=recipient.pk)
    changes = {
        name: [getattr(recipient, name), details[name]]
        for name in CHANGEABLE
        if name in details and getattr(recipient, name) != details[name]
    }
    if changes:
        for name, (_former, value) in changes.items():
            setattr(recipient, name, value)
        recipient.save(update_fields=list(changes))
        record_of(recipient, "recipient.changed", by, {"changes": changes})
    return recipient


def add_contact(*, recipient: Recipient, by: Actor, **details: str) -> RecipientContact:
    """Add somebody to write to at a recipient. Raises NotAllowedError for all but administrators."""
    return _add(RecipientContact(recipient=recipient, **details), "recipient.contact_added", by, details)


def add_site(*, recipient: Recipient, by: Actor, **details: str) -> RecipientSite:
    """Add an https address to which customers may be handed over. Raises NotAllowedError for all but administrators."""
    return _add(RecipientSite(recipient=recipient, **details), "recipient.site_added", by, details)


def add_onward_recipient(*, recipient: Recipient, since: date, by: Actor, **details: str) -> OnwardRecipient:
    """Note a firm to which a recipient passes data on. Raises NotAllowedError for all but administrators."""
    row = OnwardRecipient(recipient=recipient, since=since, **details)
    return _add(row, "recipient.onward_added", by, {**details, "since": since})


_REMOVED = {
    RecipientContact: "recipient.contact_removed",
    RecipientSite: "recipient.site_removed",
    OnwardRecipient: "recipient.onward_removed",
}


@transaction.atomic
def remove_dealing(*, row: RecipientContact | RecipientSite | OnwardRecipient, by: Actor) -> None:
    """Say that a contact, a site or an onward recipient is one no more; the row stays.

    Raises NotAllowedError for all but administrators with a sign-in, OverError when it was removed before.
    """
    user_id = administrator_id(by)
    current = type(row)._default_manager.filter(pk=row.pk, removed_at__isnull=True)
    if not current.update(removed_at=transaction_time(), removed_by=user_id):
        raise OverError(_("This was removed before."))
    record_of(row.recipient, _REMOVED[type(row)], by, {"row": row.uuid, "what": str(row)})


@transaction.atomic
def _add(row: Dealing, kind: str, by: Actor, facts: Mapping[str, object]) -> Dealing:
    require_administrator(by)
    row.save(force_insert=True)
    record_of(row.recipient, kind, by, {"row": row.uuid, **facts})
    return row


def record_of(recipient: Recipient, kind: str, by: Actor, facts: Mapping[str, object]) -> None:
    """Enter an act about a recipient in the ledger, under its own tag."""
    record_act(
        kind=kind,
        by=by,
        facts={"recipient": recipient.uuid, **facts},
        row_uuid=recipient.uuid,
        tag=bytes(recipient.tag),
    )
