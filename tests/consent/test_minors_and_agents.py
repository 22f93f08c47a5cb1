"""Consents of minors and through agents: on whose proof they rest, when they pause, what an agent cannot reach."""

from datetime import timedelta

import pytest
from django.db import Error, connection, transaction

from accounts.ages import latest_birth_of_age
from accounts.errors import NotAllowedError
from accounts.models import Customer, Member
from accounts.services import end_guardianship, revoke_agent
from consent.errors import AgentScopeError, GuardianMissingError
from consent.models import Consent, Offer
from consent.selectors import consents_in_force, covering_version, status_of
from consent.services import narrow_consent, withdraw_consent
from consent.states import StatusCode
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import FIELDS, agreed, granted, holder_of, last_act_on, offered, scope_of, staff_with
from tests.factories import (
    AccountFactory,
    AgentAuthorizationFactory,
    CustomerFactory,
    GuardianshipFactory,
    MemberFactory,
)

pytestmark = pytest.mark.django_db


def minor() -> Customer:
    birth = latest_birth_of_age(provider_today()) + timedelta(days=500)
    return CustomerFactory.create(birth_date=birth)


def by_guardian() -> Consent:
    customer = minor()
    guardian = holder_of(customer, part=Member.Part.GUARDIAN)
    return agreed(guardian, customer)


def test_a_guardians_consent_rests_on_the_proof_of_it() -> None:
    consent = by_guardian()
    version = scope_of(consent)
    assert version.guardianship is not None
    assert version.guardianship.customer == consent.customer
    assert status_of(consent).is_running
    assert version.given_by == "by a guardian, for the customer"
    assert version.evidence_json["authority"] == {"guardianship": version.guardianship_id, "authorization": None}


def test_a_minor_agrees_to_nothing_but_may_withdraw() -> None:
    consent = by_guardian()
    child = holder_of(consent.customer)
    with pytest.raises(NotAllowedError):
        agreed(child, consent.customer, offered())
    assert not withdraw_consent(consent=consent, by=Actor.of(child)).is_granted


def test_a_paper_for_a_minor_needs_the_guardians_name_under_it() -> None:
    customer = minor()
    with pytest.raises(GuardianMissingError):
        granted(customer=customer, signer_name=customer.name)
    guardian = holder_of(customer, part=Member.Part.GUARDIAN)
    with pytest.raises(GuardianMissingError):
        granted(customer=customer, signer_name=customer.name)
    consent = granted(customer=customer, signer_name=f" {guardian.name.upper()} ")
    assert scope_of(consent).guardianship is not None


def test_narrowed_by_the_desk_it_is_still_the_guardians() -> None:
    consent = by_guardian()
    staff = Actor.of(staff_with(consent.customer))
    narrowed = narrow_consent(consent=consent, field_ids=FIELDS[:1], by=staff)
    assert scope_of(narrowed).guardianship is not None
    assert status_of(narrowed).is_running


def test_at_eighteen_it_pauses_until_the_customer_agrees() -> None:
    consent = by_guardian()
    customer = consent.customer
    customer.birth_date = latest_birth_of_age(provider_today())
    customer.save(update_fields=["birth_date"])
    assert status_of(consent).code == StatusCode.CAME_OF_AGE
    assert not consents_in_force(recipient=consent.recipient, purpose=consent.purpose, customers=[customer]).exists()
    assert (
        covering_version(
            recipient_id=consent.recipient_id,
            purpose_id=consent.purpose_id,
            customer_id=customer.pk,
            field_ids=FIELDS,
            data_from=provider_today(),
            data_to=provider_today() + timedelta(days=1),
        )
        is None
    )
    owner = holder_of(customer)
    anew = agreed(owner, customer, Offer.objects.get(recipient=consent.recipient))
    assert anew.pk == consent.pk
    assert (scope_of(anew).guardianship, status_of(anew).code) == (None, StatusCode.ACTIVE)


def test_without_a_guardian_left_it_pauses() -> None:
    consent = by_guardian()
    guardianship = scope_of(consent).guardianship
    assert guardianship is not None
    staff = Actor.of(staff_with(consent.customer))
    end_guardianship(guardianship=guardianship, reason="Custody was taken away", by=staff)
    assert status_of(consent).code == StatusCode.GUARDIAN_MISSING
    GuardianshipFactory.create(customer=consent.customer)
    assert status_of(consent).code == StatusCode.ACTIVE


def test_a_consent_of_who_turns_out_to_be_a_minor_counts_no_more() -> None:
    consent = granted()
    Customer.objects.filter(pk=consent.customer_id).update(birth_date=minor().birth_date)
    assert status_of(consent).code == StatusCode.GUARDIAN_MISSING


def test_an_agents_consent_says_so_and_ends_with_the_customers_word() -> None:
    customer = CustomerFactory.create()
    agent = holder_of(customer, part=Member.Part.AGENT)
    consent = agreed(agent, customer)
    version = scope_of(consent)
    assert version.authorization is not None
    assert version.given_by == "by an authorised agent, for the customer"
    holder = Actor.of(holder_of(customer))
    revoke_agent(authorization=version.authorization, by=holder)
    assert status_of(consent).is_running
    with pytest.raises(NotAllowedError):
        withdraw_consent(consent=consent, by=Actor.of(agent))
    assert not withdraw_consent(consent=consent, by=holder).is_granted


def test_an_agents_paper_names_the_agent() -> None:
    customer = CustomerFactory.create()
    agent = holder_of(customer, part=Member.Part.AGENT)
    assert scope_of(granted(customer=customer, signer_name=agent.name)).authorization is not None


def test_an_agent_of_one_account_reaches_no_other() -> None:
    customer = CustomerFactory.create()
    first, second = (AccountFactory.create(customer=customer) for _ in range(2))
    mine = UsagePoint.objects.create(account=first, identifier="UsagePoint/1")
    other = UsagePoint.objects.create(account=second, identifier="UsagePoint/2")
    permission = AgentAuthorizationFactory.create(customer=customer, all_accounts=False)
    MemberFactory.create(account=first, user=permission.agent, part=Member.Part.AGENT, authorization=permission)
    for points in ((), (other.pk,), (mine.pk, other.pk)):
        with pytest.raises(AgentScopeError):
            agreed(permission.agent, customer, usage_point_ids=points)
    consent = agreed(permission.agent, customer, usage_point_ids=[mine.pk])
    everything = granted(customer=customer)
    with pytest.raises(AgentScopeError):
        withdraw_consent(consent=everything, by=Actor.of(permission.agent))
    withdrawn = withdraw_consent(consent=consent, by=Actor.of(permission.agent))
    assert last_act_on(withdrawn).authorization == permission


@pytest.mark.parametrize("change", ["guardianship_id = NULL", "guardianship_id = %(foreign)s"])
def test_the_database_takes_no_minors_consent_without_its_guardian(change: str) -> None:
    version = scope_of(by_guardian())
    foreign = GuardianshipFactory.create()
    with pytest.raises(Error, match="guardian"), transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, version.pk, change % {"foreign": foreign.pk})


def test_the_database_takes_no_consent_of_an_agent_who_may_not() -> None:
    customer = CustomerFactory.create()
    version = scope_of(granted(customer=customer))
    mute = AgentAuthorizationFactory.create(customer=customer, acts=["see"])
    with pytest.raises(Error, match="may not agree"), transaction.atomic(), connection.cursor() as cursor:
        _copy(cursor, version.pk, f"authorization_id = {mute.pk}")


def _copy(cursor: object, version: int, change: str) -> None:
    """Insert a version that is like another but for one column, past every service."""
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'consent_consentversion'")  # type: ignore[attr-defined]
    column, value = change.split(" = ")
    own = {"id": None, "uuid": "gen_random_uuid()", "entry_id": "entry_id + 1000000", "request_id": "NULL"}
    names = [name for (name,) in cursor.fetchall() if name != "id"]  # type: ignore[attr-defined]
    values = [value if name == column else own.get(name, name) for name in names]
    cursor.execute(  # type: ignore[attr-defined]
        f"INSERT INTO consent_consentversion ({', '.join(names)})"  # noqa: S608
        f" SELECT {', '.join(str(each) for each in values)} FROM consent_consentversion WHERE id = %s",
        [version],
    )
