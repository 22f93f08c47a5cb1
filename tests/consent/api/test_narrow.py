from typing import Any

import pytest

from consent.services import grant_consent
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import granted, last_act_on, staff_with, terms
from tests.factories import AccountFactory
from tests.machines import machine

pytestmark = pytest.mark.django_db

LESS = {"field_ids": ["account.number"], "method": "telephone", "reason": "Called."}


def test_a_consent_is_narrowed_and_what_is_left_out_stays() -> None:
    consent, client = granted(), machine("consents:write")
    response = client.send(f"/api/v1/consents/{consent.uuid}/narrow", LESS)
    assert response.status_code == 200, response.content
    scope = response.json()["scope"]
    assert (scope["fields"], scope["data_from"], scope["data_to"]) == (["account.number"], "2024-01-01", None)
    act = last_act_on(type(consent).objects.get(pk=consent.pk))
    assert (act.kind, act.actor_kind, act.reason) == ("narrow", "client", "Called.")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"method": "telephone"}, 400, "non_field_errors"),
        ({"field_ids": ["usage.readings"], "method": "telephone"}, 400, "field_ids"),
        ({"data_from": "2023-01-01", "method": "telephone"}, 400, "data_from"),
        ({"field_ids": [], "method": "telephone"}, 400, "field_ids"),
        ({"field_ids": ["account.number"]}, 400, "method"),
        ({"field_ids": ["account.number"], "method": "portal"}, 400, "method"),
    ],
)
def test_what_is_wider_or_unclear_is_refused_at_its_input(body: dict[str, Any], status: int, field: str) -> None:
    consent = granted()
    response = machine("consents:write").send(f"/api/v1/consents/{consent.uuid}/narrow", body)
    assert (response.status_code, list(response.json())) == (status, [field])
    consent.refresh_from_db()
    assert consent.version_count == 1


def test_somebody_elses_usage_point_is_refused() -> None:
    consent = granted()
    point = AccountFactory.create().usage_points.create(identifier="UsagePoint/1")
    body = {"usage_points": [str(point.uuid)], "method": "telephone"}
    response = machine("consents:write").send(f"/api/v1/consents/{consent.uuid}/narrow", body)
    assert (response.status_code, list(response.json())) == (400, ["usage_points"])


def test_the_same_key_narrows_once_and_with_other_content_is_a_409() -> None:
    consent, client = granted(), machine("consents:write")
    address = f"/api/v1/consents/{consent.uuid}/narrow"
    first, again = (client.send(address, LESS, key="call-3") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["versions"] == again.json()["versions"]
    assert client.send(address, LESS | {"permission_to": "2099-01-01"}, key="call-3").status_code == 409
    assert client.send(f"/api/v1/consents/{granted().uuid}/narrow", LESS, key="call-3").status_code == 409
    consent.refresh_from_db()
    assert consent.version_count == 2


def test_a_withdrawal_sent_again_with_its_key_does_not_end_what_was_given_anew() -> None:
    consent, client = granted(), machine("consents:write")
    address, body = f"/api/v1/consents/{consent.uuid}/withdraw", {"method": "telephone"}
    client.send(address, body, key="call-4")
    by = Actor.of(staff_with(consent.customer))
    grant_consent(customer=consent.customer, recipient=consent.recipient, by=by, **terms())
    assert client.send(address, body, key="call-4").json()["status"]["code"] == "active"
    assert client.send(address, body | {"reason": "Other"}, key="call-4").status_code == 409


def test_an_ended_consent_is_a_409_and_the_scope_to_read_a_403() -> None:
    consent, client = granted(), machine("consents:write")
    client.send(f"/api/v1/consents/{consent.uuid}/withdraw", {"method": "telephone"})
    assert client.send(f"/api/v1/consents/{consent.uuid}/narrow", LESS).status_code == 409
    assert machine("consents:read").send(f"/api/v1/consents/{consent.uuid}/narrow", LESS).status_code == 403


def test_whether_a_consent_covers_something_is_answered_in_words_and_numbers() -> None:
    consent, client = granted(), machine("consents:read")
    asked = {
        "customer": str(consent.customer.uuid),
        "recipient": str(consent.recipient.uuid),
        "purpose": "energy_analysis",
        "field_ids": ["account.number", "customer.name"],
        "data_from": "2024-02-01",
        "data_to": provider_today().isoformat(),
    }
    covered = client.get("/api/v1/consents/covering", asked)
    assert covered.json() == {"is_covered": True, "consent": str(consent.uuid), "version": 1}
    beyond = client.get("/api/v1/consents/covering", asked | {"data_from": "2023-12-31"})
    assert beyond.json() == {"is_covered": False, "consent": None, "version": None}
    assert client.get("/api/v1/consents/covering", asked | {"field_ids": []}).status_code == 400
    assert machine("consents:write").get("/api/v1/consents/covering", asked).status_code == 403
