"""The pages of guardians and agents: taken in and ended at the desk, revoked by the customer with one click."""

from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpResponse
from PIL import Image

from accounts.ages import latest_birth_of_age
from accounts.models import AgentAuthorization, Guardianship, Member
from protection.clock import provider_today
from tests.consent.factories import staff_with
from tests.factories import AccountFactory, AgentAuthorizationFactory, CustomerFactory, MemberFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def scan() -> BytesIO:
    target = BytesIO()
    Image.new("L", (60, 80), 255).save(target, format="PNG")
    target.seek(0)
    target.name = "permission.png"
    return target


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def minor() -> Any:
    birth = latest_birth_of_age(provider_today()) + timedelta(days=100)
    return AccountFactory.create(customer=CustomerFactory.create(birth_date=birth)).customer


def test_the_desk_links_and_ends_a_guardian_and_names_the_owner() -> None:
    customer, guardian, owner = minor(), UserFactory.create(), UserFactory.create()
    client = signed_in(staff_with(customer))
    base = f"/customers/{customer.uuid}"
    assert "This customer is a minor" in text_of(client.get(f"{base}/delegates/"))
    empty = text_of(client.post(f"{base}/guardians/new/", {}))
    assert empty.count("usa-error-message") >= 7
    today = provider_today().isoformat()
    filled = {
        "guardian": guardian.email,
        "relation": "parent",
        "proof": "birth_certificate",
        "identity_document": "passport",
        "method": "in_person",
        "verified_on": today,
        "approved_on": today,
    }
    assert "sign up first" in text_of(client.post(f"{base}/guardians/new/", {**filled, "guardian": "no@body.example"}))
    assert client.post(f"{base}/guardians/new/", filled).status_code == 302
    row = Guardianship.objects.get()
    assert client.post(f"{base}/guardians/owner/", {"owner": owner.email}).status_code == 302
    assert Member.objects.get(user=owner).valid_from == customer.of_age_on
    page = text_of(client.get(f"{base}/delegates/"))
    assert guardian.get_full_name() in page
    assert customer.accounts.get().number in text_of(signed_in(guardian).get("/my-data/"))
    end = f"{base}/guardians/{row.uuid}/end/"
    assert client.post(end, {"reason": "Custody was taken away"}).status_code == 302
    assert "Custody was taken away" in text_of(client.get(f"{base}/delegates/"))
    assert "belongs to no account" in text_of(signed_in(guardian).get("/my-data/"))


def test_the_desk_takes_in_a_permission_and_the_customer_ends_it_with_one_click() -> None:
    account = AccountFactory.create()
    customer, agent = account.customer, UserFactory.create()
    holder = MemberFactory.create(account=account).user
    client, today = signed_in(staff_with(customer)), provider_today()
    filled = {
        "agent": agent.email,
        "identity_document": "passport",
        "acts": ["withdraw"],
        "accounts": [str(account.uuid)],
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=90)).isoformat(),
        "signed_on": today.isoformat(),
        "signer_name": customer.name,
        "service_address": f"{account.service_street} {account.service_postal_code}",
    }
    page = f"/customers/{customer.uuid}/agents/new/"
    assert "usa-error-message" in text_of(client.post(page, {**filled, "document": BytesIO(b"no scan")}))
    response = client.post(page, {**filled, "document": scan()})
    assert response.status_code == 302, text_of(response)
    row = AgentAuthorization.objects.get()
    assert (row.acts, row.all_accounts, row.document.size > 0) == (["see", "withdraw"], False, True)
    own = signed_in(holder)
    assert agent.get_full_name() in text_of(own.get("/my-data/people/"))
    assert own.post(f"/my-data/people/{row.uuid}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.revoked_by == holder
    assert "Revoked" in text_of(client.get(f"/customers/{customer.uuid}/delegates/"))


def test_nobody_revokes_what_is_not_theirs() -> None:
    row = AgentAuthorizationFactory.create(customer=AccountFactory.create().customer)
    stranger = signed_in(MemberFactory.create().user)
    assert stranger.post(f"/my-data/people/{row.uuid}/revoke/").status_code == 404
    other = AccountFactory.create().customer
    staff = signed_in(staff_with(other))
    assert staff.post(f"/customers/{other.uuid}/agents/{row.uuid}/revoke/").status_code == 404
