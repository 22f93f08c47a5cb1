"""What a recipient is told and acknowledges."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, OverError
from accounts.models import Recipient, RecipientAgreement, RecipientNotice
from accounts.selectors import active_user
from accounts.services.outbox import post_message
from accounts.services.recipients import record_of
from accounts.topics import AGREEMENTS
from ledger.actor import Actor
from protection.clock import transaction_time

TEMPLATE = "recipient_notice"


@transaction.atomic
def tell_recipient(
    *, recipient: Recipient, kind: str, by: Actor, agreement: RecipientAgreement | None = None
) -> RecipientNotice:
    """Put a notice on the recipient's desk and mail it; nobody asks here whether `by` may."""
    notice = RecipientNotice.objects.create(recipient=recipient, kind=kind, agreement=agreement)
    post_message(topic=AGREEMENTS, to=recipient, template=TEMPLATE, context={"notice": notice.uuid}, by=by)
    return notice


@transaction.atomic
def acknowledge_notice(*, notice: RecipientNotice, by: Actor) -> RecipientNotice:
    """Record that the recipient has read a notice.

    Raises NotAllowedError for all but its own users, OverError when a colleague was quicker.
    """
    user = active_user(by)
    if user is None or user.recipient_id != notice.recipient_id:
        raise NotAllowedError
    notice = RecipientNotice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if notice.acknowledged_at is not None:
        raise OverError(_("A colleague acknowledged this before you."))
    notice.acknowledged_at, notice.acknowledged_by = transaction_time(), user
    notice.save(update_fields=["acknowledged_at", "acknowledged_by"])
    record_of(notice.recipient, "recipient.notice_acknowledged", by, {"notice": notice.uuid, "what": notice.kind})
    return notice
