"""Was every customer concerned told of a merger, and has the waiting time passed? The database asks the same."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from accounts.models import Customer, Recipient
from consent.models import Purpose
from disclosures.cohorts import Cohort
from disclosures.conditions import Condition
from disclosures.models import LegalBasis

_NAMED = "SELECT unnest(%(customers)s::bigint[]) AS customer_id"
_UNTOLD = """
SELECT count(*) FROM ({subjects}) subject WHERE NOT EXISTS (
    SELECT FROM disclosures_mergernoticeserved served
    JOIN disclosures_mergernotice notice ON notice.id = served.notice_id AND notice.recipient_id = %(recipient)s
    JOIN accounts_outboxmessage message ON message.id = served.message_id AND message.customer_id = subject.customer_id
    WHERE served.customer_id = subject.customer_id AND message.status = 'sent'
      AND message.settled_at + make_interval(days => notice.waiting_days) <= transaction_timestamp())
"""


def merger_conditions(
    basis: LegalBasis,
    recipient: Recipient | None,
    purpose: Purpose | None,
    customers: Iterable[Customer],
    cohort: Cohort | None,
) -> Iterator[Condition]:
    """Yield one condition that counts the customers whose data may not go to the counterparty yet.

    Of a cohort, too, nobody's data goes while anybody in it was not told.
    """
    if not basis.requires_merger_notice or recipient is None:
        return
    values: dict[str, Any] = {"recipient": recipient.pk, "purpose": purpose.pk if purpose else None}
    subjects, own = cohort.subjects() if cohort else (_NAMED, {"customers": [customer.pk for customer in customers]})
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD.replace("{subjects}", subjects), {**values, **own})
        (untold,) = cursor.fetchone()
    if untold:
        yield Condition("merger_notice_missing", {"count": untold, "recipient": str(recipient)})
