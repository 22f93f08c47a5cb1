import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Customer, OutboxMessage, Recipient, User
from accounts.topics import TOPICS, Audience
from ledger.actor import Actor
from protection.rowsecurity import provider_rows

Addressee = Customer | User | Recipient | Literal[Audience.PROVIDER]
"""Who a message is to; `Audience.PROVIDER` is the provider's privacy contact, whose address is a setting."""

_POST_TO_CUSTOMERS = """
INSERT INTO accounts_outboxmessage (
    uuid, addressee, customer_id, topic, template, context, dedup_key, posted_by_id, poster_kind, due_at,
    status, attempts, channel, language, subject, outcome)
SELECT gen_random_uuid(), 'customer', customer.id, %(topic)s, %(template)s, %(context)s::jsonb,
    %(key)s || ':' || customer.uuid, %(user)s, %(kind)s,
    coalesce(%(due)s, statement_timestamp())
        + row_number() OVER (ORDER BY customer.id) * make_interval(secs => %(apart)s),
    'pending', 0, '', '', '', ''
FROM accounts_customer customer WHERE customer.id = ANY (%(customers)s::bigint[])
ON CONFLICT DO NOTHING
"""
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]*\Z")
_PLAIN = re.compile(r"[A-Za-z0-9._:/+-]{0,200}\Z")
"""Ids, codes, days, numbers, paths: no blank and no @, so that no name, sentence or address fits in."""


@transaction.atomic
def post_message(
    *,
    topic: str,
    to: Addressee,
    template: str,
    context: Mapping[str, Any] | None = None,
    dedup_key: str = "",
    by: Actor,
) -> OutboxMessage:
    """Ask for a message, in the caller's transaction; the one sender decides later whether and how it leaves.

    `topic` is a code of `accounts.topics`. `template` names `templates/mail/<template>.txt` (and `.html`), which is
    filled at sending with `context`: ids and plain values that name nobody (see `plain_context`). A message with the
    `dedup_key` of an earlier one is not asked for again; the earlier is returned.
    Raises ValueError for what no template, topic or context can be: a fault in the code that calls.
    """
    audience = _audience(to)
    if topic not in TOPICS or audience not in TOPICS[topic].audiences:
        raise ValueError(f"{topic!r} is no topic on which the portal writes to a {audience}.")
    if not _TEMPLATE.match(template):
        raise ValueError(f"{template!r} is no template's name: small letters, digits and underscores.")
    message = OutboxMessage(
        addressee=audience,
        customer=to if isinstance(to, Customer) else None,
        user=to if isinstance(to, User) else None,
        recipient=to if isinstance(to, Recipient) else None,
        topic=topic,
        template=template,
        context=plain_context(context or {}),
        dedup_key=dedup_key,
        posted_by_id=by.user_id,
        poster_kind=by.kind,
    )
    # Whoever acts may have to write to somebody whose rows they cannot see: a customer to the recipient they agreed to.
    with provider_rows():
        if not dedup_key:
            message.save(force_insert=True)
            return message
        OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
        return OutboxMessage.objects.get(dedup_key=dedup_key)


@transaction.atomic
def post_to_customers(
    *,
    topic: str,
    customer_ids: Sequence[int],
    template: str,
    context: Mapping[str, Any],
    dedup_key: str,
    due_from: datetime | None = None,
    seconds_apart: float = 0,
    by: Actor,
) -> int:
    """Ask for the same message to many customers at once, in one statement; return how many were not asked for before.

    Each message's key is `dedup_key`, a colon and the customer's UUID. They become due at once, or
    from `due_from` on, `seconds_apart` one after the other, so that a million of them leave room for other messages.
    Raises ValueError as `post_message` does.
    """
    if topic not in TOPICS or Audience.CUSTOMER not in TOPICS[topic].audiences or not _TEMPLATE.match(template):
        raise ValueError(f"{topic!r} or {template!r} is nothing that the portal writes to customers.")
    values = {
        "customers": list(customer_ids),
        "topic": topic,
        "template": template,
        "context": json.dumps(plain_context(context)),
        "key": dedup_key,
        "due": due_from,
        "apart": seconds_apart,
        "user": by.user_id,
        "kind": by.kind,
    }
    with provider_rows(), connection.cursor() as cursor:
        cursor.execute(_POST_TO_CUSTOMERS, values)
        return int(cursor.rowcount)


def plain_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a context as JSON: texts without blanks, whole numbers, truth values, days, UUIDs, None, lists of them.

    Raises ValueError for anything else, which might be somebody's data; the database refuses such texts too.
    """
    return {_key(key): _plain(value) for key, value in context.items()}


def _key(key: str) -> str:
    if not key.isidentifier():
        raise ValueError(f"{key!r} is no name that a template can use.")
    return key


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if not isinstance(value, str | UUID) or not _PLAIN.match(text):
        raise ValueError("A message's context holds ids and plain values alone; load the rest when it is sent.")
    return text


def _audience(to: Addressee) -> Audience:
    if isinstance(to, Customer):
        return Audience.CUSTOMER
    if isinstance(to, User):
        return Audience.USER
    return Audience.RECIPIENT if isinstance(to, Recipient) else Audience.PROVIDER
