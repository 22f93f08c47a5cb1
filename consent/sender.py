"""The one sender: every message of the portal leaves here, or is suppressed here, by what the addressee chose."""

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.models import Channel, OutboxMessage
from consent.contact import NoRouteError, Route, route_of
from consent.mail import Written, email_of, write
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=1)
"""Before the second try; each later wait is three times the one before: eight tries span a good eighteen hours."""

Status = OutboxMessage.Status


def send_messages(*, limit: int = 500) -> int:
    """Deal with up to `limit` messages that are due, each in a transaction of its own; return how many.

    Two senders do not get in each other's way: each takes what nobody else has locked.
    """
    mail = get_connection()
    try:
        dealt = 0
        while dealt < limit and send_next(mail):
            dealt += 1
        return dealt
    finally:
        mail.close()


def send_next(mail: BaseEmailBackend) -> bool:
    """Deal with the message that has been due longest; say whether there was one.

    What the addressee chose is read after the message is locked, so that a choice that was committed by then counts
    whenever the message was written. A crash between sending and committing sends an e-mail a second time, under the
    same Message-ID.
    """
    with provider_rows():
        due = OutboxMessage.objects.due().order_by("due_at", "pk").select_for_update(skip_locked=True, of=("self",))
        message = due.first()
        if message is None:
            return False
        try:
            route = route_of(message)
        except NoRouteError as error:
            _settle(message, Status.SUPPRESSED if error.is_final else Status.FAILED, outcome=error.outcome)
        else:
            _dispatch(message, route, mail)
    return True


def _dispatch(message: OutboxMessage, route: Route, mail: BaseEmailBackend) -> None:
    """Send by e-mail, or lay at the desk; a template that cannot be filled is tried again like a server that is away.

    The savepoint keeps an error of the database, while facts are loaded, from taking the lock with it.
    """
    try:
        with transaction.atomic():
            written = write(message, route.language, route.channel)
        if route.channel == Channel.EMAIL:
            email_of(message, written, route, mail).send()
    except (SMTPException, OSError) as error:
        mail.close()  # the next message begins a new conversation
        _put_off(message, error)
    except Exception as error:
        logger.exception("Message %s could not be written.", message.uuid)
        _put_off(message, error)
    else:
        _note(message, route, written)


def _note(message: OutboxMessage, route: Route, written: Written) -> None:
    message.channel, message.language, message.subject = route.channel, route.language, written.subject
    message.attempts += 1
    message.outcome = ""
    is_sent = route.channel == Channel.EMAIL
    message.status = Status.SENT if is_sent else Status.AT_DESK
    message.settled_at = transaction_time() if is_sent else None
    message.save(update_fields=["channel", "language", "subject", "attempts", "outcome", "status", "settled_at"])


def _settle(message: OutboxMessage, status: str, *, outcome: str) -> None:
    message.status, message.outcome, message.settled_at = status, outcome, transaction_time()
    message.save(update_fields=["status", "outcome", "settled_at"])


def _put_off(message: OutboxMessage, error: Exception) -> None:
    """Try again later, ever later; give up after the last try, or at once where the address is refused for good."""
    message.attempts += 1
    message.outcome = _short(error)
    if message.attempts >= MAX_ATTEMPTS or _is_permanent(error):
        logger.error("Message %s is given up: %s", message.uuid, message.outcome)
        message.status, message.settled_at = Status.FAILED, transaction_time()
    else:
        message.due_at = transaction_time() + FIRST_WAIT * 3 ** (message.attempts - 1)
    message.save(update_fields=["attempts", "outcome", "status", "settled_at", "due_at"])


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _reply in error.recipients.values())
    return False


def _short(error: Exception) -> str:
    """Return what went wrong without the server's words, which may name the addressee."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = sorted({code for code, _reply in error.recipients.values()})
        return f"SMTPRecipientsRefused {', '.join(map(str, codes))}"
    if isinstance(error, SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
