"""Deliver what is due: each message is claimed, posted outside of any transaction, and what came of it noted."""

import json
import random
from datetime import timedelta
from typing import Any

from accounts.services import post_message
from accounts.topics import PROVIDER_ALERTS, Audience
from consent.models import WebhookDelivery
from consent.selectors import status_of
from consent.webhooks.posting import INTERNET, Network, NotDelivered, post
from consent.webhooks.signing import headers_of
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""Before each further try; after the last one the message is given up, a good day after the first."""

CLAIMED_FOR = timedelta(minutes=2)
"""How long a message is left to who claimed it; a worker that dies in between has it tried again after that."""

_JITTER = 0.2
_ALL = ("endpoint", "version__consent__customer", "version__consent__purpose", "version__consent__current_version")
_SYSTEM = "consent.send_webhooks"
Status = WebhookDelivery.Status


def send_webhooks(*, limit: int = 200, network: Network = INTERNET) -> int:
    """Try up to `limit` messages that are due; return how many. Run by several workers, each message goes once.

    An endpoint that failed in this run is left alone for the rest of it, so that it does not hold up the others.
    """
    failed: set[int] = set()
    for number in range(limit):
        delivery = _claim(failed)
        if delivery is None:
            return number
        if not _deliver(delivery, network):
            failed.add(delivery.endpoint_id)
    return limit


def _claim(failed: set[int]) -> WebhookDelivery | None:
    with provider_rows():
        due = WebhookDelivery.objects.due().exclude(endpoint__in=failed).order_by("due_at", "pk")
        found = due.select_for_update(skip_locked=True, of=("self",)).first()
        if found is None:
            return None
        found.attempts, found.due_at = found.attempts + 1, transaction_time() + CLAIMED_FOR
        found.save(update_fields=["attempts", "due_at"])
        return WebhookDelivery.objects.select_related(*_ALL).get(pk=found.pk)


def _deliver(delivery: WebhookDelivery, network: Network) -> bool:
    with provider_rows():
        now = transaction_time()
        body = json.dumps(_message(delivery), separators=(",", ":")).encode()
        secrets = delivery.endpoint.secrets(now)
    headers = headers_of(str(delivery.uuid), int(now.timestamp()), body, secrets)
    try:
        answered = post(
            delivery.endpoint.url,
            body,
            {**headers, "Content-Type": "application/json", "User-Agent": "Resguardo-Webhooks/1"},
            network=network,
        )
    except NotDelivered as error:
        return _note(delivery, None, str(error))
    return _note(delivery, answered, "" if 200 <= answered < 300 else "answered with an error")


def _message(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return what the other side is told: ids, and the state as it is now."""
    message: dict[str, Any] = {"type": delivery.kind, "timestamp": delivery.created_at.isoformat(), "data": {}}
    version = delivery.version
    if version is not None:
        consent = version.consent
        message["data"] = {
            "consent": str(consent.uuid),
            "version": version.number,
            "customer": str(consent.customer.uuid),
            "purpose": consent.purpose.code,
            "state": str(status_of(consent).code),
        }
    return message


def _note(delivery: WebhookDelivery, answered: int | None, outcome: str) -> bool:
    """Record what came of a try, unless it was settled in the meantime; say whether it was delivered."""
    with provider_rows():
        now = transaction_time()
        fields: dict[str, Any] = {"answered": answered, "outcome": outcome}
        if not outcome:
            fields |= {"status": Status.DELIVERED, "settled_at": now}
        elif delivery.attempts > len(WAITS):
            fields |= {"status": Status.DEAD, "settled_at": now}
        else:
            wait = WAITS[delivery.attempts - 1]
            fields["due_at"] = now + wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 (no secret)
        mine = WebhookDelivery.objects.filter(pk=delivery.pk, status=Status.PENDING, attempts=delivery.attempts)
        if mine.update(**fields) and fields.get("status") == Status.DEAD:
            _tell(delivery)
    return not outcome


def _tell(delivery: WebhookDelivery) -> None:
    """Have the provider told that an endpoint's messages are given up, once a day for each."""
    post_message(
        topic=PROVIDER_ALERTS,
        to=Audience.PROVIDER,
        template="webhook_dead",
        context={"endpoint": delivery.endpoint.uuid},
        dedup_key=f"webhook-dead:{delivery.endpoint.uuid}:{provider_today().isoformat()}",
        by=Actor.system(_SYSTEM),
    )
