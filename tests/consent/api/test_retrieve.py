import pytest

from consent.services import withdraw_consent
from ledger.actor import Actor
from tests.consent.factories import granted, staff_with
from tests.machines import machine

pytestmark = pytest.mark.django_db


def test_a_consent_is_read_with_every_act_on_it() -> None:
    consent = granted()
    withdraw_consent(consent=consent, reason="Moved away.", by=Actor.of(staff_with(consent.customer)))
    answer = machine("consents:read").get(f"/api/v1/consents/{consent.uuid}").json()
    assert [(act["number"], act["kind"], act["reason"]) for act in answer["versions"]] == [
        (2, "withdraw", "Moved away."),
        (1, "grant", ""),
    ]
    assert answer["status"]["code"] == "withdrawn"
    assert answer["scope"]["fields"] == ["account.number", "customer.name"]


@pytest.mark.parametrize("name", ["00000000-0000-0000-0000-000000000000", "nonsense", "1"])
def test_an_unknown_consent_is_a_404(name: str) -> None:
    assert machine("consents:read").get(f"/api/v1/consents/{name}").status_code == 404
