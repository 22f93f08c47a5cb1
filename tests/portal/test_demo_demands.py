"""The demo shows one demand of each kind, in different states."""

import pytest

from disclosures.models import Breach, LegalDemand
from ledger.actor import Actor
from portal.demo.demands import demand_by_law
from protection.clock import provider_today
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_demo_has_one_demand_of_each_kind_and_a_breach() -> None:
    today = provider_today()
    demand_by_law(AccountFactory.create(), today, Actor.of(UserFactory.create(staff=True, bound=True)))
    found = dict(LegalDemand.objects.with_state(today).values_list("kind", "state_code"))  # type: ignore[misc]
    assert found == {
        "subpoena": "notice_served",
        "warrant": "complied",
        "emergency": "complied",
        "court_order": "refused",
        "real_time": "refused",
    }
    assert Breach.objects.count() == 1
