from uuid import uuid4

import pytest

from tests.consent.factories import granted, last_act_on
from tests.machines import machine

pytestmark = pytest.mark.django_db


def test_a_consent_is_withdrawn_and_again_changes_nothing() -> None:
    consent, client = granted(), machine("consents:write")
    for _ in range(2):
        response = client.send(
            f"/api/v1/consents/{consent.uuid}/withdraw", {"method": "telephone", "reason": "Called."}
        )
        assert (response.status_code, response.json()["status"]["code"]) == (200, "withdrawn")
    consent.refresh_from_db()
    assert consent.version_count == 2
    assert (last_act_on(consent).actor_kind, last_act_on(consent).reason) == ("client", "Called.")


@pytest.mark.parametrize("body", [{}, {"method": "portal"}, {"method": "telephone", "reason": "x" * 501}])
def test_how_the_customer_asked_must_be_said(body: dict[str, str]) -> None:
    consent = granted()
    assert machine("consents:write").send(f"/api/v1/consents/{consent.uuid}/withdraw", body).status_code == 400
    consent.refresh_from_db()
    assert consent.is_granted


def test_the_scope_to_read_does_not_withdraw() -> None:
    address = f"/api/v1/consents/{granted().uuid}/withdraw"
    assert machine("consents:read").send(address, {"method": "telephone"}).status_code == 403


def test_an_unknown_consent_is_a_404() -> None:
    address = f"/api/v1/consents/{uuid4()}/withdraw"
    assert machine("consents:write").send(address, {"method": "telephone"}).status_code == 404
