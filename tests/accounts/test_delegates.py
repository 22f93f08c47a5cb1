"""Guardians and agents: what staff take in, what the database holds, how a right ends."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction

from accounts.ages import latest_birth_of_age
from accounts.errors import NotAllowedError, ProofError
from accounts.matching import SignatureCheck
from accounts.models import AccountAct, AgentAuthorization, Customer, Guardianship, Member, User
from accounts.permissions import can_consent_for, can_see_customer
from accounts.services import (
    Verification,
    authorise_agent,
    create_account,
    end_at_majority,
    end_guardianship,
    link_guardian,
    name_owner,
    open_customer,
    revoke_agent,
)
from ledger.actor import Actor
from protection.clock import provider_today
from protection.evidence import CleanEvidence
from tests.factories import (
    AccountFactory,
    AgentAuthorizationFactory,
    CustomerFactory,
    GuardianshipFactory,
    MemberFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

SCANNED = CleanEvidence(name="paper.pdf", content_type="application/pdf", content=b"%PDF-1.7", original_sha256="0" * 64)
SYSTEM = Actor.system("test")
DAY = timedelta(days=1)


def staff_for(customer: Customer) -> Actor:
    by = Actor.of(UserFactory.create(staff=True, bound=True))
    open_customer(customer=customer, reason="Somebody came to the desk", by=by)
    return by


def minor(**fields: Any) -> Customer:
    birth = fields.pop("birth_date", latest_birth_of_age(provider_today()) + 400 * DAY)
    return AccountFactory.create(customer=CustomerFactory.create(birth_date=birth, **fields)).customer


def verification(**changes: Any) -> Verification:
    today = provider_today()
    words = {"relation": "parent", "proof": "birth_certificate", "identity_document": "passport"}
    return Verification(**{**words, "method": "in_person", "verified_on": today, "approved_on": today, **changes})


def linked(customer: Customer, guardian: User | None = None, **changes: Any) -> Guardianship:
    return link_guardian(
        customer=customer,
        guardian=guardian or UserFactory.create(),
        verification=verification(**changes),
        by=staff_for(customer),
    )


def authorised(customer: Customer, **changes: Any) -> AgentAuthorization:
    today = provider_today()
    terms = {
        "agent": UserFactory.create(),
        "acts": ["correct"],
        "valid_from": today,
        "valid_to": today + 30 * DAY,
        "signed_on": today,
        "signer_name": customer.name,
        "identity_document": "passport",
        "evidence": SCANNED,
        "check": SignatureCheck(service_address="", verified_with="the customer, by telephone", verified_on=today),
        "by": staff_for(customer),
        **changes,
    }
    return authorise_agent(customer=customer, **terms)


def test_a_verified_guardian_acts_on_every_account_also_on_later_ones() -> None:
    customer = minor()
    guardianship = linked(customer)
    create_account(
        customer=customer,
        number="7300000001",
        opened_on=provider_today(),
        service_street="1 Example Street",
        service_city="Valle Claro",
        service_region="CA",
        service_postal_code="90000",
        by=SYSTEM,
    )
    assert guardianship.memberships.count() == customer.accounts.count() == 2
    assert can_consent_for(guardianship.guardian, customer)
    kept = AccountAct.objects.get(kind="guardian.linked").evidence_json
    assert (kept["identity_document"], kept["method"]) == ("passport", "in_person")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"verified_on": date(2999, 1, 1)}, "verified_on"),
        ({"approved_on": date(2999, 1, 1)}, "approved_on"),
        ({"method": "certified_copy"}, "document"),
    ],
)
def test_a_guardian_is_not_linked_without_full_proof(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ProofError) as refused:
        linked(minor(), **changes)
    assert refused.value.field == field


def test_a_customer_of_age_gets_no_guardian() -> None:
    with pytest.raises(ProofError) as refused:
        linked(minor(birth_date=latest_birth_of_age(provider_today())))
    assert refused.value.field == "customer"


def test_a_minor_is_nobodys_guardian() -> None:
    young = MemberFactory.create(account=minor().accounts.get()).user
    with pytest.raises(ProofError, match="minor themselves"):
        linked(minor(), young)


@pytest.mark.parametrize("trait", ["auditor", "administrator", "staff"])
def test_nobody_links_who_has_not_opened_the_customer(trait: str) -> None:
    customer = minor()
    by = Actor.of(UserFactory.create(bound=True, **{trait: True}))
    with pytest.raises(NotAllowedError):
        link_guardian(customer=customer, guardian=UserFactory.create(), verification=verification(), by=by)


def test_an_ended_guardian_sees_nothing_at_once_and_may_be_linked_anew() -> None:
    customer = minor()
    guardianship = linked(customer)
    ended = end_guardianship(guardianship=guardianship, reason="Custody changed", by=staff_for(customer))
    assert not can_see_customer(guardianship.guardian, customer)
    assert end_guardianship(guardianship=ended, reason="Custody changed", by=staff_for(customer)).pk == ended.pk
    assert AccountAct.objects.filter(kind="guardian.ended").count() == 1


def test_the_clock_passes_the_account_to_its_owner() -> None:
    """On the eighteenth birthday the guardian's right is gone and the owner's is there, with nobody doing anything."""
    today = provider_today()
    customer, owner = minor(), UserFactory.create()
    guardianship = linked(customer)
    (held,) = name_owner(customer=customer, owner=owner, by=staff_for(customer))
    assert held.valid_from == customer.of_age_on
    assert not can_see_customer(owner, customer)
    Customer.objects.filter(pk=customer.pk).update(birth_date=latest_birth_of_age(today))
    Member.objects.filter(pk=held.pk).update(valid_from=today)
    assert not can_see_customer(guardianship.guardian, customer)
    assert can_consent_for(owner, customer)
    customer.refresh_from_db()
    guardianship.refresh_from_db()
    assert end_at_majority(guardianship=guardianship, by=SYSTEM).end_cause == "came_of_age"


def test_no_guardianship_ends_at_majority_before_it() -> None:
    guardianship = linked(minor())
    with pytest.raises(ProofError):
        end_at_majority(guardianship=guardianship, by=SYSTEM)
    with pytest.raises(NotAllowedError):
        end_at_majority(guardianship=guardianship, by=staff_for(guardianship.customer))


def test_an_agent_does_what_the_permission_says_and_no_more() -> None:
    customer = AccountFactory.create().customer
    authorization = authorised(customer, acts=["consent"])
    assert authorization.acts == ["see", "consent"]
    assert can_consent_for(authorization.agent, customer)
    assert authorization.verification["checked"]["with"] == "the customer, by telephone"


def test_a_permission_that_differs_from_the_record_needs_somebody_who_was_asked() -> None:
    customer = AccountFactory.create().customer
    with pytest.raises(ProofError) as refused:
        authorised(customer, signer_name="Somebody Else", check=SignatureCheck(service_address="1 Elsewhere"))
    assert refused.value.field == "verified_with"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"signed_on": date(2999, 1, 1)}, "signed_on"),
        ({"valid_from": date(2020, 1, 1)}, "valid_from"),
        ({"valid_to": date(2020, 1, 1)}, "valid_to"),
        ({"valid_to": date(2999, 1, 1)}, "valid_to"),
        ({"signer_name": " "}, "signer_name"),
        ({"acts": ["sell"]}, "acts"),
    ],
)
def test_a_permission_with_a_slip_is_not_taken_in(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ProofError) as refused:
        authorised(AccountFactory.create().customer, **changes)
    assert refused.value.field == field


def test_a_minor_has_no_agent() -> None:
    with pytest.raises(ProofError, match="guardian"):
        authorised(minor())


def test_customer_agent_and_staff_revoke_and_nobody_else() -> None:
    account = AccountFactory.create()
    holder = MemberFactory.create(account=account).user
    for by in (Actor.of(holder), staff_for(account.customer)):
        authorization = authorised(account.customer)
        revoke_agent(authorization=authorization, by=by)
        assert not can_see_customer(authorization.agent, account.customer)
    own = authorised(account.customer)
    for stranger in (MemberFactory.create().user, MemberFactory.create(account=account, part="adult_member").user):
        with pytest.raises(NotAllowedError):
            revoke_agent(authorization=own, by=Actor.of(stranger))
    assert revoke_agent(authorization=own, by=Actor.of(own.agent)).revoked_by == own.agent


def _refused(sql: str, *params: object) -> str:
    with pytest.raises(Error) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(refused.value)


def test_the_database_takes_no_membership_without_its_proof() -> None:
    member = MemberFactory.create()
    for part in ("guardian", "agent"):
        sql = "UPDATE accounts_member SET part = %s WHERE id = %s"
        assert "member_part_has_its_proof" in _refused(sql, part, member.pk)


@pytest.mark.parametrize(
    ("part", "factory", "column"),
    [("guardian", GuardianshipFactory, "guardianship_id"), ("agent", AgentAuthorizationFactory, "authorization_id")],
)
def test_the_database_takes_no_proof_of_somebody_else(part: str, factory: Callable[..., Any], column: str) -> None:
    proof, other = factory.create(customer=AccountFactory.create().customer), AccountFactory.create()
    user = proof.guardian if part == "guardian" else proof.agent
    columns = f"(account_id, user_id, part, {column}, valid_from)"
    sql = f"INSERT INTO accounts_member {columns} VALUES (%s, %s, %s, %s, now())"  # noqa: S608
    assert "another customer" in _refused(sql, other.pk, user.pk, part, proof.pk)
    own = proof.customer.accounts.get()
    assert "of_its_user" in _refused(sql, own.pk, UserFactory.create().pk, part, proof.pk)


def test_the_database_knows_no_guardian_of_an_adult() -> None:
    row = GuardianshipFactory.create()
    sql = (
        "INSERT INTO accounts_guardianship (uuid, customer_id, guardian_id, relation, proof, identity_document, method,"
        " verified_on, approved_on, valid_from, end_cause, end_reason)"
        " SELECT gen_random_uuid(), %s, guardian_id, relation, proof, identity_document, method, verified_on,"
        " approved_on, valid_from, '', '' FROM accounts_guardianship WHERE id = %s"
    )
    adult = CustomerFactory.create(birth_date=latest_birth_of_age(provider_today()))
    assert "only a minor" in _refused(sql, adult.pk, row.pk)
    assert "only a minor" in _refused(sql, CustomerFactory.create().pk, row.pk)


def test_what_was_recorded_never_changes() -> None:
    guardianship, authorization = GuardianshipFactory.create(), AgentAuthorizationFactory.create()
    for sql in (
        "UPDATE accounts_guardianship SET verified_on = verified_on - 1",
        "DELETE FROM accounts_guardianship",
        "UPDATE accounts_agentauthorization SET acts = '{see,consent}'",
        "UPDATE accounts_agentauthorization SET valid_to = valid_to + 1",
        "DELETE FROM accounts_agentauthorization",
    ):
        assert "permission denied" in _refused(sql)
    end = "UPDATE accounts_guardianship SET ended_at = now(), end_cause = %s, end_reason = 'because' WHERE id = %s"
    assert "not of age" in _refused(end, "came_of_age", guardianship.pk)
    revoke = "UPDATE accounts_agentauthorization SET revoked_at = now(), revoked_by_id = agent_id WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(end, ["ended", guardianship.pk])
        cursor.execute(revoke, [authorization.pk])
    assert "written once" in _refused(end, "ended", guardianship.pk)
    assert "revoked once" in _refused(revoke, authorization.pk)
