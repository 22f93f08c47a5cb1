from django.db import transaction

from accounts.errors import NotAllowedError
from accounts.models import Recipient, Role
from ledger.actor import Actor
from ledger.services import record
from protection.clock import transaction_time


@transaction.atomic
def stop_recipient(*, recipient: Recipient, reason: str, by: Actor) -> Recipient:
    """Stop every release and every download of this recipient at once. Raises NotAllowedError for all but staff."""
    if by.kind not in {Role.STAFF, Role.ADMINISTRATOR} or by.user_id is None:
        raise NotAllowedError
    recipient = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if recipient.is_stopped:
        return recipient
    recipient.stopped_at = transaction_time()
    recipient.stopped_by_id = by.user_id
    recipient.stop_reason = reason.strip()
    recipient.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    record(
        kind="recipient.stopped",
        subject_tag=bytes(recipient.tag),
        evidence={"by": by.evidence(), "recipient": recipient.uuid, "reason": recipient.stop_reason},
    )
    return recipient
