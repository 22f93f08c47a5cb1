from datetime import timedelta

from django.db import IntegrityError, transaction

from accounts.errors import NotAllowedError
from accounts.models import Recipient, Role, User
from accounts.selectors import active_user
from accounts.services import record_act
from consent.errors import EndpointError
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.webhooks.addresses import place_of
from consent.webhooks.signing import new_secret
from ledger.actor import Actor
from protection.clock import transaction_time

MOST_ENDPOINTS = 5
FORMER_FOR = timedelta(days=2)
"""How long the former secret signs too, after a new one was made."""

Status = WebhookDelivery.Status


@transaction.atomic
def register_endpoint(*, recipient: Recipient, url: str, by: Actor) -> WebhookEndpoint:
    """Have an organization's system told of what happens to its consents from now on. Return it with its secret.

    The address is public, by https, under a name; what it resolves to is judged at each delivery. For the
    organization's own users and administrators. Raises NotAllowedError, EndpointError.
    """
    user = _require_right(by, recipient)
    place = place_of(url)
    if place is None:
        raise EndpointError("url")
    if WebhookEndpoint.objects.in_use().filter(recipient=recipient).count() >= MOST_ENDPOINTS:
        raise EndpointError("count")
    endpoint = WebhookEndpoint(recipient=recipient, url=place.url, created_by=user)
    endpoint.secret = new_secret()
    try:
        with transaction.atomic():
            endpoint.save(force_insert=True)
    except IntegrityError as error:
        raise EndpointError("twice") from error
    _record("webhook.registered", endpoint, by)
    return endpoint


@transaction.atomic
def renew_secret(*, endpoint: WebhookEndpoint, by: Actor) -> WebhookEndpoint:
    """Make a new secret; the former one signs beside it for two days. Raises NotAllowedError, EndpointError."""
    endpoint = _in_use(endpoint, by)
    endpoint.former_secret, endpoint.former_until = endpoint.secret, transaction_time() + FORMER_FOR
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret", "former_secret", "former_until"])
    _record("webhook.secret_renewed", endpoint, by)
    return endpoint


@transaction.atomic
def retire_endpoint(*, endpoint: WebhookEndpoint, by: Actor) -> WebhookEndpoint:
    """Tell an endpoint nothing more; what still waits for it is given up. Raises NotAllowedError, EndpointError."""
    endpoint = _in_use(endpoint, by)
    now = transaction_time()
    endpoint.retired_at, endpoint.retired_by_id = now, by.user_id
    endpoint.save(update_fields=["retired_at", "retired_by"])
    waiting = endpoint.deliveries.filter(status=Status.PENDING)
    waiting.update(status=Status.DEAD, settled_at=now, outcome="the endpoint was retired")
    _record("webhook.retired", endpoint, by)
    return endpoint


@transaction.atomic
def try_endpoint(*, endpoint: WebhookEndpoint, by: Actor) -> WebhookDelivery:
    """Send a test that says nothing; while one waits, that one is returned. Raises NotAllowedError, EndpointError."""
    endpoint = _in_use(endpoint, by)
    waiting = endpoint.deliveries.filter(kind="ping", status=Status.PENDING).first()
    return waiting or WebhookDelivery.objects.create(endpoint=endpoint, recipient_id=endpoint.recipient_id, kind="ping")


@transaction.atomic
def replay_deliveries(*, endpoint: WebhookEndpoint, delivery: WebhookDelivery | None = None, by: Actor) -> int:
    """Have a message, or all that were given up, delivered anew under the same id; return how many.

    A single one is sent again also where it was delivered. Raises NotAllowedError, EndpointError.
    """
    endpoint = _in_use(endpoint, by)
    chosen = endpoint.deliveries.filter(version__isnull=False)
    chosen = chosen.filter(pk=delivery.pk) if delivery else chosen.filter(status=Status.DEAD)
    return chosen.exclude(status=Status.PENDING).update(
        status=Status.PENDING, attempts=0, due_at=transaction_time(), settled_at=None, answered=None, outcome=""
    )


def _in_use(endpoint: WebhookEndpoint, by: Actor) -> WebhookEndpoint:
    _require_right(by, endpoint.recipient)
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=endpoint.pk)
    if endpoint.retired_at is not None:
        raise EndpointError("retired")
    return endpoint


def _require_right(by: Actor, recipient: Recipient) -> User:
    user = active_user(by)
    if user is None or (user.role != Role.ADMINISTRATOR and user.recipient_id != recipient.pk):
        raise NotAllowedError
    return user


def _record(kind: str, endpoint: WebhookEndpoint, by: Actor) -> None:
    facts = {"recipient": endpoint.recipient.uuid, "endpoint": endpoint.uuid, "url": endpoint.url}
    record_act(kind=kind, by=by, facts=facts, row_uuid=endpoint.uuid)
