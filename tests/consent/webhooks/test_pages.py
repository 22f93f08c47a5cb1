from html import unescape
from typing import Any

import pytest

from consent.models import WebhookDelivery, WebhookEndpoint
from tests.consent.factories import granted
from tests.consent.webhooks.listener import URL
from tests.factories import RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_an_organizations_user_registers_tests_renews_replays_and_retires() -> None:
    recipient = RecipientFactory.create()
    client = signed_in(UserFactory.create(of_recipient=True, recipient=recipient))
    assert "begins with https://" in text_of(client.post("/webhooks/", {"url": "http://hooks.example.org"}))
    shown = text_of(client.post("/webhooks/", {"url": URL}))
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in shown
    page = f"/webhooks/{endpoint.uuid}/"
    assert endpoint.secret not in text_of(client.get(page))
    client.post(f"{page}test/")
    assert WebhookDelivery.objects.get().kind == "ping"
    granted(recipient=recipient)
    WebhookDelivery.objects.filter(kind="consent.granted").update(status="dead", settled_at=endpoint.created_at)
    assert "Deliver anew what was given up" in text_of(client.get(page))
    client.post(f"{page}replay/")
    assert WebhookDelivery.objects.get(kind="consent.granted").status == "pending"
    former = endpoint.secret
    renewed = text_of(client.post(f"{page}renew/"))
    assert former not in renewed
    assert WebhookEndpoint.objects.get().secret in renewed
    client.post(f"{page}retire/")
    assert "Send a test" not in text_of(client.get(page))
    assert client.post(f"{page}nonsense/").status_code == 302
    assert URL in text_of(client.get("/webhooks/"))


def test_an_administrator_registers_for_an_organization() -> None:
    recipient = RecipientFactory.create()
    client = signed_in(UserFactory.create(administrator=True, bound=True))
    client.post("/webhooks/", {"url": URL, "recipient": str(recipient.uuid)})
    assert WebhookEndpoint.objects.get().recipient == recipient


def test_another_organizations_address_is_not_there() -> None:
    recipient = RecipientFactory.create()
    signed_in(UserFactory.create(of_recipient=True, recipient=recipient)).post("/webhooks/", {"url": URL})
    endpoint = WebhookEndpoint.objects.get()
    stranger = signed_in(UserFactory.create(of_recipient=True))
    assert stranger.get(f"/webhooks/{endpoint.uuid}/").status_code == 404
    assert stranger.post(f"/webhooks/{endpoint.uuid}/retire/").status_code == 404
    assert URL not in text_of(stranger.get("/webhooks/"))
    assert signed_in(UserFactory.create(staff=True, bound=True)).get("/webhooks/").status_code == 403
