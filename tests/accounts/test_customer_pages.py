"""How staff find, open and see a customer."""

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import ConfidentialityAgreement, CustomerOpening, User, ValueReveal
from accounts.services import open_customer, reveal_value, set_field
from disclosures.services import release_disclosure
from ledger.actor import Actor
from protection.clock import provider_today
from retention.services import place_hold
from tests.disclosures.factories import Case
from tests.factories import AccountFactory, ConfidentialityAgreementFactory, CustomerFactory, MemberFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

REASON = "Call about the March bill"


@pytest.fixture
def staff() -> User:
    user: User = UserFactory(staff=True, bound=True)
    return user


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def opened_by(user: User, **more: Any) -> Any:
    account = AccountFactory(**more)
    open_customer(customer=account.customer, reason=REASON, by=Actor.of(user))
    return account


@pytest.mark.parametrize(
    "words", ["Quixote", "quix", "7654321098", "windmill@home.example", "La Mancha", "555-010-4242"]
)
def test_customer_is_found_by_each_of_their_data(staff: User, words: str) -> None:
    customer = CustomerFactory(name="Alex Quixote", email="windmill@home.example", phone="555-010-4242")
    AccountFactory(customer=customer, number="7654321098", service_street="12 La Mancha Road")
    AccountFactory()

    found = signed_in(staff).get("/customers/", {"q": words}).context["page_obj"].object_list

    assert list(found) == [customer]


def test_result_shows_no_more_than_it_takes(staff: User) -> None:
    account = AccountFactory(number="7654321098", customer__phone="555-010-4242")

    page = text_of(signed_in(staff).get("/customers/", {"q": account.customer.name}))

    assert account.customer.name in page
    assert "1098" in page
    for hidden in ("7654321098", "555-010-4242", account.customer.email, account.service_street):
        assert hidden not in page


def test_search_without_a_result_says_what_to_try(staff: User) -> None:
    page = text_of(signed_in(staff).get("/customers/", {"q": "Nobody"}))

    assert "No customer matches “Nobody”" in page
    assert "last four digits" in page


def test_long_result_is_paged(staff: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(30):
        AccountFactory(customer__name="Alex Common")
    client = signed_in(staff)
    client.get("/customers/")

    with django_assert_max_num_queries(20):
        response = client.get("/customers/", {"q": "Common", "page": 2})

    assert len(response.context["page_obj"].object_list) == 5


@pytest.mark.parametrize(
    "words", ["%", "_", "'; DROP TABLE accounts_customer; --", "\\", "a" * 200, "\N{GREEK SMALL LETTER ALPHA}"]
)
def test_hostile_words_find_nothing_and_break_nothing(staff: User, words: str) -> None:
    AccountFactory()

    response = signed_in(staff).get("/customers/", {"q": words})

    assert response.status_code == 200
    assert not response.context["page_obj"].object_list


def test_staff_without_an_agreement_find_nobody_and_are_told_what_to_do() -> None:
    account = AccountFactory()
    client = signed_in(UserFactory(staff=True))

    page = text_of(client.get("/customers/", {"q": account.customer.name}))

    assert "No confidentiality agreement binds you today" in page
    assert str(account.number)[-4:] not in page


@pytest.mark.parametrize("path", ["", "open/", "reveal/customer.tax_id/"])
def test_staff_without_an_agreement_cannot_open_a_customer(path: str) -> None:
    account = AccountFactory()
    expired = UserFactory(staff=True)
    ConfidentialityAgreementFactory(user=expired, valid_to=provider_today())

    response = signed_in(expired, lately=True).get(f"/customers/{account.customer.uuid}/{path}")

    assert response.status_code == 403
    assert "Ask an administrator to record yours" in text_of(response)
    assert account.customer.name not in text_of(response)


def test_agreement_that_ends_while_a_customer_is_open_closes_the_page(staff: User) -> None:
    account = opened_by(staff)
    client = signed_in(staff)
    assert client.get(f"/customers/{account.customer.uuid}/").status_code == 200

    ConfidentialityAgreement.objects.update(valid_to=provider_today())

    assert client.get(f"/customers/{account.customer.uuid}/").status_code == 403


def test_unopened_customer_leads_to_the_reason_and_back(staff: User) -> None:
    account = AccountFactory()
    client = signed_in(staff)
    asked = f"/customers/{account.customer.uuid}/?tab=a&b=c"

    to_reason = client.get(asked)
    assert to_reason.status_code == 302
    next_ = parse_qs(urlsplit(to_reason["Location"]).query)["next"][0]
    back = client.post(to_reason["Location"], {"reason": REASON, "next": next_})

    assert back["Location"] == asked
    assert CustomerOpening.objects.get().reason == REASON
    assert client.get(asked).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_next_never_leads_elsewhere(staff: User, elsewhere: str) -> None:
    account = AccountFactory()
    path = reverse("accounts:customer_open", kwargs={"uuid": account.customer.uuid})

    response = signed_in(staff).post(path, {"reason": REASON, "next": elsewhere})

    assert response["Location"] == f"/customers/{account.customer.uuid}/"


@pytest.mark.parametrize("reason", ["", "because", "          "])
def test_opening_needs_a_reason(staff: User, reason: str) -> None:
    account = AccountFactory()

    response = signed_in(staff).post(f"/customers/{account.customer.uuid}/open/", {"reason": reason})

    assert response.context["form"].errors["reason"]
    assert not CustomerOpening.objects.exists()


def test_unknown_customer_is_not_found(staff: User) -> None:
    client = signed_in(staff)

    assert client.get(f"/customers/{uuid4()}/").status_code == 404
    assert client.get(f"/customers/{uuid4()}/open/").status_code == 404


def test_opening_of_a_colleague_opens_nothing(staff: User) -> None:
    account = opened_by(UserFactory(staff=True, bound=True))

    response = signed_in(staff).get(f"/customers/{account.customer.uuid}/")

    assert response["Location"].startswith(f"/customers/{account.customer.uuid}/open/")


def test_opened_customer_shows_identity_accounts_and_until_when(
    staff: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    account = opened_by(staff)
    set_field(row=account.customer, field="tax_id", value="12-3456789", source="staff", by=Actor.of(staff))
    client = signed_in(staff)
    client.get("/customers/")

    with django_assert_max_num_queries(40):
        page = text_of(client.get(f"/customers/{account.customer.uuid}/"))

    for shown in (account.customer.name, account.number, account.service_street, "Open until", REASON, "6789"):
        assert shown in page
    assert "3456789" not in page


def test_staff_reveal_wants_a_fresh_proof_and_is_logged_with_the_openings_reason(staff: User) -> None:
    account = opened_by(staff)
    set_field(row=account.customer, field="tax_id", value="12-3456789", source="staff", by=Actor.of(staff))
    path = f"/customers/{account.customer.uuid}/reveal/customer.tax_id/"

    assert signed_in(UserFactory(staff=True, bound=True)).get(path)["Location"].startswith("/accounts/reauthenticate/")
    page = text_of(signed_in(staff, lately=True).get(path))

    assert "12-3456789" in page
    assert ValueReveal.objects.get().reason == REASON


def test_customer_reads_who_had_a_sealed_value_shown_and_why(staff: User) -> None:
    account = opened_by(staff)
    member = MemberFactory(account=account)
    reveal_value(row=account.customer, field_id="customer.tax_id", by=Actor.of(staff), reason=REASON)

    page = text_of(signed_in(member.user).get("/my-data/"))

    assert "Hidden values that were shown in full" in page
    assert page.count(REASON) == 2


def test_opening_ends_after_half_an_hour(staff: User) -> None:
    account = opened_by(staff)

    opening = CustomerOpening.objects.get()

    assert timedelta(minutes=29, seconds=55) < opening.expires_at - opening.created_at <= timedelta(minutes=30)
    assert account.customer.openings.unexpired(opening.expires_at - timedelta(seconds=1)).exists()
    assert not account.customer.openings.unexpired(opening.expires_at).exists()


def test_opened_customer_shows_holds_and_disclosures(staff: User) -> None:
    case = Case()
    case.consented()
    release_disclosure(request=case.request(), by=case.by)
    place_hold(customer=case.customer, reason="Lawsuit 12", citation="Court order", by=Actor.of(staff))
    open_customer(customer=case.customer, reason=REASON, by=Actor.of(staff))

    page = text_of(signed_in(staff).get(f"/customers/{case.customer.uuid}/"))

    assert "Lawsuit 12" in page
    assert case.recipient.legal_name in page
