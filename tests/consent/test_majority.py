"""Coming of age: told beforehand and on the day, once; asked anew; what the gate refuses without a guardian."""

from datetime import timedelta

import pytest

from accounts.ages import latest_birth_of_age
from accounts.models import Customer, Guardianship, Member, OutboxMessage
from consent.models import Offer
from consent.selectors import offers_for
from consent.services import tell_of_majority
from disclosures.gate import decide
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import agreed, holder_of
from tests.disclosures.factories import Case, basis, purpose
from tests.factories import CustomerFactory, GuardianshipFactory

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("test")


def ward(days_left: int) -> Customer:
    birth = latest_birth_of_age(provider_today()) + timedelta(days=days_left)
    return CustomerFactory.create(birth_date=birth)


def templates() -> list[str]:
    return sorted(OutboxMessage.objects.values_list("template", flat=True))


def test_both_are_told_once_before_the_day() -> None:
    near, far = ward(20), ward(40)
    for customer in (near, far):
        holder_of(customer, part=Member.Part.GUARDIAN)
    for _ in range(2):
        assert tell_of_majority(by=SYSTEM) == 0
    assert templates() == ["majority_soon", "majority_soon"]
    assert OutboxMessage.objects.filter(customer=near).count() == 1


def test_on_the_day_the_guardian_ends_and_the_customer_is_asked_anew() -> None:
    customer = ward(100)
    guardian = holder_of(customer, part=Member.Part.GUARDIAN)
    consent = agreed(guardian, customer)
    Offer.objects.update(closed_at=consent.changed_at, closed_by=guardian)
    Customer.objects.filter(pk=customer.pk).update(birth_date=latest_birth_of_age(provider_today()))
    assert tell_of_majority(by=SYSTEM) == 1
    assert tell_of_majority(by=SYSTEM) == 0
    assert Guardianship.objects.get().end_cause == "came_of_age"
    assert templates() == ["majority_reached", "majority_reached"]
    asked = offers_for(customer).get()
    assert (asked.recipient, asked.purpose, asked.customer) == (consent.recipient, consent.purpose, customer)
    owner = holder_of(customer)
    assert agreed(owner, customer, asked).scope_version.guardianship is None  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["written_consent", "contractor_primary_purpose"])
def test_the_gate_names_the_missing_guardian(code: str) -> None:
    case = Case()
    Customer.objects.filter(pk=case.customer.pk).update(birth_date=ward(100).birth_date)
    case.customer.refresh_from_db()
    wanted = "energy_analysis" if code == "written_consent" else "provide_service"
    request = case.request(basis=basis(code), purpose=purpose(wanted), customers=(case.customer,))
    assert "guardian_missing" in {condition.code for condition in decide(request, day=provider_today()).missing}
    GuardianshipFactory.create(customer=case.customer)
    assert "guardian_missing" not in {condition.code for condition in decide(request, day=provider_today()).missing}
