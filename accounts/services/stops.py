from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, ReasonMissingError
from accounts.models import Recipient, Role
from accounts.permissions import DESK_ROLES
from accounts.reasons import is_reason
from accounts.services.acts import record_act
from ledger.actor import Actor
from protection.clock import transaction_time

_STATE_WHY = _("State why, in at least ten characters.")


@transaction.atomic
def stop_recipient(*, recipient: Recipient, reason: str, by: Actor) -> Recipient:
    """Stop every release and every download of this recipient at once.

    Raises NotAllowedError for all but staff and administrators, ReasonMissingError without a reason.
    """
    recipient = _locked(recipient, by, DESK_ROLES, reason)
    if recipient.is_stopped:
        return recipient
    recipient.stopped_at = transaction_time()
    recipient.stopped_by_id = by.user_id
    recipient.stop_reason = reason.strip()
    recipient.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    _record("recipient.stopped", recipient, reason, by)
    return recipient


@transaction.atomic
def resume_recipient(*, recipient: Recipient, reason: str, by: Actor) -> Recipient:
    """Allow releases to a stopped recipient again.

    Raises NotAllowedError for all but administrators, ReasonMissingError without a reason.
    """
    recipient = _locked(recipient, by, {Role.ADMINISTRATOR}, reason)
    if not recipient.is_stopped:
        return recipient
    recipient.stopped_at, recipient.stopped_by, recipient.stop_reason = None, None, ""
    recipient.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    _record("recipient.resumed", recipient, reason, by)
    return recipient


def _locked(recipient: Recipient, by: Actor, roles: Collection[str], reason: str) -> Recipient:
    if by.kind not in roles or by.user_id is None:
        raise NotAllowedError
    if not is_reason(reason):
        raise ReasonMissingError(_STATE_WHY)
    return Recipient.objects.select_for_update().get(pk=recipient.pk)


def _record(kind: str, recipient: Recipient, reason: str, by: Actor) -> None:
    facts = {"recipient": recipient.uuid, "reason": reason.strip()}
    record_act(kind=kind, by=by, facts=facts, row_uuid=recipient.uuid, tag=bytes(recipient.tag))
