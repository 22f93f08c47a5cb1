"""An organization's system is told of every act on a consent, once, signed, until it has heard."""

import hmac
import json
import time
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.errors import NotAllowedError
from accounts.models import AccountAct, OutboxMessage, Recipient, User
from consent.errors import EndpointError
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.services import (
    narrow_consent,
    register_endpoint,
    renew_secret,
    replay_deliveries,
    retire_endpoint,
    try_endpoint,
    withdraw_consent,
)
from consent.webhooks.sending import WAITS, send_webhooks
from ledger.actor import Actor
from protection.clock import transaction_time
from protection.rowsecurity import recipient_rows
from tests.consent.factories import agreed, granted, holder_of, offered, staff_with
from tests.consent.webhooks.listener import URL, Listener, listening
from tests.factories import CustomerFactory, RecipientFactory, UserFactory

pytestmark = pytest.mark.django_db


def an_endpoint(recipient: Recipient | None = None, **more: Any) -> WebhookEndpoint:
    administrator: User = UserFactory.create(administrator=True, bound=True)
    recipient = recipient or RecipientFactory.create()
    return register_endpoint(recipient=recipient, url=more.get("url", URL), by=Actor.of(administrator))


def send(listener: Listener) -> int:
    """Send what is due, as if every wait were over."""
    WebhookDelivery.objects.filter(status="pending").update(due_at=transaction_time())
    return send_webhooks(network=listener.network)


def told(listener: Listener) -> list[tuple[str, str]]:
    messages = [json.loads(body) for _path, _headers, body in listener.received]
    return [(message["type"], message["data"].get("state", "")) for message in messages]


def test_each_act_is_told_with_ids_and_the_state_and_nothing_else(tmp_path: Path) -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)
    consent = granted(recipient=recipient)
    granted()
    by = Actor.of(staff_with(consent.customer))
    with listening(tmp_path) as listener:
        assert send(listener) == 1
        narrow_consent(consent=consent, field_ids=["customer.name"], method="telephone", by=by)
        send(listener)
        withdraw_consent(consent=consent, method="telephone", by=by)
        send(listener)
        assert send(listener) == 0
    assert told(listener) == [
        ("consent.granted", "active"),
        ("consent.changed", "active"),
        ("consent.withdrawn", "withdrawn"),
    ]
    message = json.loads(listener.received[0][2])
    assert message["data"] == {
        "consent": str(consent.uuid),
        "version": 1,
        "customer": str(consent.customer.uuid),
        "purpose": "energy_analysis",
        "state": "active",
    }
    assert consent.customer.name not in listener.received[0][2].decode()


def test_a_customer_who_agrees_in_the_portal_has_it_told_too() -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)
    customer = CustomerFactory.create()
    agreed(holder_of(customer), customer, offered(recipient=recipient))
    assert WebhookDelivery.objects.get().kind == "consent.granted"


def test_a_message_is_written_with_the_act_and_goes_with_it_when_that_is_taken_back() -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)

    with transaction.atomic():
        granted(recipient=recipient)
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_the_signature_is_that_of_standard_webhooks_and_of_both_secrets_while_one_is_replaced(tmp_path: Path) -> None:
    endpoint = an_endpoint()
    former = endpoint.secret
    by = Actor.of(endpoint.created_by)
    try_endpoint(endpoint=endpoint, by=by)
    with listening(tmp_path) as listener:
        send(listener)
        endpoint = renew_secret(endpoint=endpoint, by=by)
        try_endpoint(endpoint=endpoint, by=by)
        send(listener)
        WebhookEndpoint.objects.update(former_until=transaction_time())
        try_endpoint(endpoint=endpoint, by=by)
        send(listener)
    signatures = []
    for _path, headers, body in listener.received:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 600
        expected = {}
        for name, secret in (("former", former), ("new", endpoint.secret)):
            key = b64decode(secret.removeprefix("whsec_"))
            expected["v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()] = name
        signatures.append([expected.get(one, "?") for one in headers["webhook-signature"].split(" ")])
    assert signatures == [["former"], ["new", "former"], ["new"]]


def test_a_message_that_fails_is_tried_again_later_under_the_same_id_and_given_up_in_the_end(tmp_path: Path) -> None:
    recipient = RecipientFactory.create()
    endpoint = an_endpoint(recipient)
    granted(recipient=recipient)
    with listening(tmp_path) as listener:
        listener.statuses = [500] * 20
        for number, wait in enumerate(WAITS, start=1):
            assert send(listener) == 1
            delivery = WebhookDelivery.objects.get()
            left = delivery.due_at - transaction_time()
            assert (delivery.status, delivery.attempts, delivery.answered) == ("pending", number, 500)
            assert wait * 0.79 < left < wait * 1.21
        send(listener)
        delivery.refresh_from_db()
        assert (delivery.status, delivery.outcome) == ("dead", "answered with an error")
        assert send(listener) == 0
        assert len({headers["webhook-id"] for _p, headers, _b in listener.received}) == 1
        alert = OutboxMessage.objects.get(template="webhook_dead")
        assert alert.context == {"endpoint": str(endpoint.uuid)}
        listener.statuses = []
        assert replay_deliveries(endpoint=endpoint, by=Actor.of(endpoint.created_by)) == 1
        send(listener)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.answered, delivery.attempts) == ("delivered", 204, 1)


def test_an_endpoint_that_fails_does_not_hold_up_the_others(tmp_path: Path) -> None:
    broken, healthy = RecipientFactory.create_batch(2)
    an_endpoint(broken)
    an_endpoint(healthy)
    for _ in range(3):
        granted(recipient=broken)
    granted(recipient=healthy)
    with listening(tmp_path) as listener:
        listener.statuses = [500]
        assert send(listener) == 2
    assert WebhookDelivery.objects.get(recipient=healthy).status == "delivered"


def test_a_worker_that_died_leaves_its_message_to_the_next_one(tmp_path: Path) -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)
    granted(recipient=recipient)
    claimed_until = transaction_time() + timedelta(minutes=2)
    WebhookDelivery.objects.update(attempts=1, due_at=claimed_until)
    with listening(tmp_path) as listener:
        assert send_webhooks(network=listener.network) == 0
        assert send(listener) == 1
    assert WebhookDelivery.objects.get().status == "delivered"


def test_a_retired_endpoint_is_told_nothing_more_and_what_waits_is_given_up(tmp_path: Path) -> None:
    recipient = RecipientFactory.create()
    endpoint = an_endpoint(recipient)
    granted(recipient=recipient)
    by = Actor.of(endpoint.created_by)
    retire_endpoint(endpoint=endpoint, by=by)
    granted(recipient=recipient)
    assert [delivery.status for delivery in WebhookDelivery.objects.all()] == ["dead"]
    for act in (renew_secret, retire_endpoint, try_endpoint, replay_deliveries):
        with pytest.raises(EndpointError, match="retired"):
            act(endpoint=endpoint, by=by)  # type: ignore[operator]
    an_endpoint(recipient)


def test_only_the_organizations_own_users_and_administrators_register() -> None:
    recipient = RecipientFactory.create()
    own = UserFactory.create(of_recipient=True, recipient=recipient)
    with recipient_rows(recipient.pk):
        endpoint = register_endpoint(recipient=recipient, url=URL, by=Actor.of(own))
        assert endpoint.secret.startswith("whsec_")
    assert AccountAct.objects.get(kind="webhook.registered").row_uuid == endpoint.uuid
    strangers = [
        UserFactory.create(of_recipient=True),
        UserFactory.create(staff=True, bound=True),
        UserFactory.create(auditor=True, bound=True),
        UserFactory.create(),
    ]
    for stranger in strangers:
        with pytest.raises(NotAllowedError):
            register_endpoint(recipient=recipient, url=URL + "2", by=Actor.of(stranger))
        with pytest.raises(NotAllowedError):
            retire_endpoint(endpoint=endpoint, by=Actor.of(stranger))


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://localhost/", "https://10.0.0.1/"])
def test_an_address_inside_is_not_registered(url: str) -> None:
    with pytest.raises(EndpointError, match="public address"):
        an_endpoint(url=url)


def test_an_address_is_registered_once_and_five_are_the_most() -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)
    with pytest.raises(EndpointError, match="already"):
        an_endpoint(recipient)
    for number in range(4):
        an_endpoint(recipient, url=f"{URL}{number}")
    with pytest.raises(EndpointError, match="Five"):
        an_endpoint(recipient, url=f"{URL}9")


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE consent_webhookendpoint SET url = 'http://10.0.0.1/'", IntegrityError),
        ("UPDATE consent_webhookendpoint SET url = 'https://10.0.0.1:22/'", IntegrityError),
        ("UPDATE consent_webhookdelivery SET kind = 'consent.expired'", DatabaseError),
        ("UPDATE consent_webhookdelivery SET version_id = NULL", DatabaseError),
        ("UPDATE consent_webhookdelivery SET status = 'delivered'", IntegrityError),
        ("DELETE FROM consent_webhookdelivery", DatabaseError),
        ("DELETE FROM consent_webhookendpoint", DatabaseError),
        (
            (
                "INSERT INTO consent_webhookdelivery (uuid, endpoint_id, recipient_id, version_id, kind) SELECT"
                " gen_random_uuid(), endpoint_id, recipient_id, version_id, kind FROM consent_webhookdelivery"
            ),
            IntegrityError,
        ),
    ],
)
def test_the_database_keeps_what_is_told(statement: str, error: type[Exception]) -> None:
    recipient = RecipientFactory.create()
    an_endpoint(recipient)
    granted(recipient=recipient)
    with pytest.raises(error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_organization_sees_its_own_addresses_and_messages_alone() -> None:
    mine, other = RecipientFactory.create_batch(2)
    an_endpoint(mine)
    an_endpoint(other)
    granted(recipient=mine)
    granted(recipient=other)
    with recipient_rows(mine.pk):
        assert [row.recipient_id for row in WebhookEndpoint.objects.all()] == [mine.pk]
        assert [row.recipient_id for row in WebhookDelivery.objects.all()] == [mine.pk]
