from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, ReasonMissingError, SecondPersonError
from accounts.models import Recipient, RecipientNotice, Role
from accounts.permissions import DESK_ROLES
from accounts.reasons import is_reason
from accounts.services.notices import tell_recipient
from accounts.services.recipients import record_of
from ledger.actor import Actor
from protection.clock import transaction_time

_STATE_WHY = _("State why, in at least ten characters.")


@transaction.atomic
def stop_recipient(*, recipient: Recipient, reason: str, by: Actor) -> Recipient:
    """Stop every release and every download of this recipient at once, and tell it so.

    Raises NotAllowedError for all but staff and administrators, ReasonMissingError without a reason.
    """
    recipient = _locked(recipient, by, DESK_ROLES, reason)
    if recipient.is_stopped:
        return recipient
    recipient.stopped_at = transaction_time()
    recipient.stopped_by_id = by.user_id
    recipient.stop_reason = reason.strip()
    recipient.resumed_by = None
    recipient.save(update_fields=["stopped_at", "stopped_by", "stop_reason", "resumed_by"])
    record_of(recipient, "recipient.stopped", by, {"reason": reason.strip()})
    tell_recipient(recipient=recipient, kind=RecipientNotice.Kind.STOPPED, by=by)
    return recipient


@transaction.atomic
def resume_recipient(*, recipient: Recipient, reason: str, by: Actor) -> Recipient:
    """Allow releases to a stopped recipient again, as a second person.

    Raises NotAllowedError for all but administrators, ReasonMissingError without a reason, SecondPersonError for who
    stopped it.
    """
    recipient = _locked(recipient, by, {Role.ADMINISTRATOR}, reason)
    if not recipient.is_stopped:
        return recipient
    if recipient.stopped_by_id == by.user_id:
        raise SecondPersonError
    recipient.stopped_at, recipient.stopped_by, recipient.stop_reason = None, None, ""
    recipient.resumed_by_id = by.user_id
    recipient.save(update_fields=["stopped_at", "stopped_by", "stop_reason", "resumed_by"])
    record_of(recipient, "recipient.resumed", by, {"reason": reason.strip()})
    tell_recipient(recipient=recipient, kind=RecipientNotice.Kind.RESUMED, by=by)
    return recipient


def _locked(recipient: Recipient, by: Actor, roles: Collection[str], reason: str) -> Recipient:
    if by.kind not in roles or by.user_id is None:
        raise NotAllowedError
    if not is_reason(reason):
        raise ReasonMissingError(_STATE_WHY)
    return Recipient.objects.select_for_update().get(pk=recipient.pk)
