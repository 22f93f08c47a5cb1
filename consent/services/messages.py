from django.db import transaction

from accounts.errors import NotAllowedError
from accounts.models import OutboxMessage
from consent.contact import NoRouteError, route_of
from consent.errors import MessageSettledError, NoLongerApprovedError
from consent.outcomes import Outcome
from consent.permissions import can_send_at_desk
from ledger.actor import Actor
from protection.clock import transaction_time

Status = OutboxMessage.Status


@transaction.atomic
def settle_at_desk(*, message: OutboxMessage, is_reached: bool, by: Actor) -> OutboxMessage:
    """Note that staff mailed a letter or spoke to the customer, or could not reach them (`is_reached`).

    Raises NotAllowedError, MessageSettledError when it no longer waits, NoLongerApprovedError when the customer has
    chosen otherwise since.
    """
    message = _waiting(message, Status.AT_DESK, by)
    if not is_still_approved(message):
        raise NoLongerApprovedError
    message.status = Status.SENT if is_reached else Status.FAILED
    message.outcome = "" if is_reached else Outcome.NOT_REACHED
    message.settled_at, message.settled_by_id = transaction_time(), by.user_id
    message.save(update_fields=["status", "outcome", "settled_at", "settled_by"])
    return message


@transaction.atomic
def retry_message(*, message: OutboxMessage, by: Actor) -> OutboxMessage:
    """Have the sender try a failed message again, from the beginning. Raises NotAllowedError, MessageSettledError."""
    message = _waiting(message, Status.FAILED, by)
    message.status, message.settled_at, message.settled_by = Status.PENDING, None, None
    message.attempts, message.outcome, message.due_at = 0, "", transaction_time()
    message.channel, message.language = "", ""
    message.save(
        update_fields=[
            "status",
            "settled_at",
            "settled_by",
            "attempts",
            "outcome",
            "due_at",
            "channel",
            "language",
        ]
    )
    return message


def is_still_approved(message: OutboxMessage) -> bool:
    """Say whether the customer still approves the channel by which a message at the desk is to go."""
    try:
        return route_of(message).channel == message.channel
    except NoRouteError:
        return False


def _waiting(message: OutboxMessage, status: str, by: Actor) -> OutboxMessage:
    if not can_send_at_desk(by):
        raise NotAllowedError
    message = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.status != status:
        raise MessageSettledError
    return message
