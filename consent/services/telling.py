"""What customers and organizations are told: the receipt of every act, and once a year that a consent still runs."""

from datetime import date, datetime, timedelta

from django.db import connection, transaction

from accounts.errors import NotAllowedError
from accounts.services import post_message
from accounts.topics import AGREEMENTS
from consent.models import Consent, Receipt, Reminder
from consent.permissions import can_withdraw_consent
from consent.selectors import consents_to_remind, waiting_reminder
from energy.selectors import months_before
from ledger.actor import Actor
from protection.clock import provider_today, provider_zone, transaction_time
from protection.rowsecurity import provider_rows

ANNOUNCED_WITHIN = timedelta(days=14)
"""How far back receipts are looked for that nobody was told of, should the job have stood still."""

_UNTOLD = """
SELECT receipt.id FROM consent_receipt receipt
WHERE receipt.created_at >= %s AND NOT EXISTS (
    SELECT FROM accounts_outboxmessage message WHERE message.dedup_key = 'receipt:' || receipt.uuid || ':customer')
ORDER BY receipt.id LIMIT %s
"""


def announce_receipts(*, by: Actor, limit: int = 500) -> int:
    """Have customer and organization told of each receipt that they were not told of; return how many.

    Run twice, or by two at once, each is told once.
    """
    with provider_rows(), connection.cursor() as cursor:
        cursor.execute(_UNTOLD, [transaction_time() - ANNOUNCED_WITHIN, limit])
        untold = [pk for (pk,) in cursor.fetchall()]
    for pk in untold:
        with provider_rows():
            _announce(Receipt.objects.select_related("customer", "recipient").get(pk=pk), by)
    return len(untold)


def _announce(receipt: Receipt, by: Actor) -> None:
    for to, name in ((receipt.customer, "customer"), (receipt.recipient, "recipient")):
        post_message(
            topic=AGREEMENTS,
            to=to,
            template="consent_receipt",
            context={"receipt": receipt.uuid},
            dedup_key=f"receipt:{receipt.uuid}:{name}",
            by=by,
        )


def remind_of_consents(*, day: date | None = None, by: Actor) -> int:
    """Remind customers of each residential consent that runs and that they did not think of for a year.

    A consent counts as thought of when it is given, narrowed, kept or reminded of. Returns how many were reminded; run
    twice, or by two at once, each once a year. `day` is today unless another is asked about.
    """
    day = day or _today()
    with provider_rows():
        due = consents_to_remind(day)
    return sum(_remind(pk, thought_of, by) for pk, thought_of in due)


def _remind(pk: int, thought_of: datetime, by: Actor) -> bool:
    due_on = months_before(thought_of.astimezone(provider_zone()).date(), -12)
    with provider_rows():
        consent = Consent.objects.select_related("customer").get(pk=pk)
        reminder = Reminder(consent=consent, customer=consent.customer, due_on=due_on)
        Reminder.objects.bulk_create([reminder], ignore_conflicts=True)
        kept = Reminder.objects.get(consent=consent, due_on=due_on)
        post_message(
            topic=AGREEMENTS,
            to=consent.customer,
            template="consent_reminder",
            context={"consent": consent.uuid},
            dedup_key=f"consent-reminder:{consent.uuid}:{due_on.isoformat()}",
            by=by,
        )
        return kept.uuid == reminder.uuid


@transaction.atomic
def keep_consent(*, consent: Consent, by: Actor) -> Reminder | None:
    """Note that a customer wants to keep a consent they were reminded of; None where no reminder waits.

    Raises NotAllowedError.
    """
    if by.user_id is None or not can_withdraw_consent(by, consent.customer):
        raise NotAllowedError
    waiting = waiting_reminder(consent)
    if waiting is not None:
        waiting.kept_at, waiting.kept_by_id = transaction_time(), by.user_id
        waiting.save(update_fields=["kept_at", "kept_by"])
    return waiting


def _today() -> date:
    with provider_rows():
        return provider_today()
