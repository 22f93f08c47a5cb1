"""The link that refuses messages: what it shows, who may use it, what mail programs do with it (RFC 8058)."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Customer
from accounts.services import post_message
from accounts.topics import AGREEMENTS, NEWSLETTER, PROGRAMS, TOPICS
from consent.contact import last_choice, table_of
from consent.links import open_link, seal_link
from consent.models import ContactChoice
from consent.sender import send_messages
from ledger.actor import Actor
from tests.consent.test_contact_choices import chosen
from tests.factories import AccountFactory, CustomerFactory, MemberFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def customer() -> Customer:
    """Return a customer who chose the newsletter and offers."""
    made: Customer = CustomerFactory.create()
    chosen(made, newsletter=["email"], programs=["email"])
    return made


def address(customer: Customer, topic: str = NEWSLETTER) -> str:
    return f"/unsubscribe/{seal_link(customer.pk, topic)}/"


def wants(customer: Customer, topic: str = NEWSLETTER) -> bool:
    return bool(table_of(last_choice(customer))[topic])


def test_one_click_of_a_mail_program_refuses_at_once_without_redirect_cookie_or_token(customer: Customer) -> None:
    stranger = Client(enforce_csrf_checks=True)

    response = stranger.post(address(customer), ONE_CLICK, content_type=FORM)

    assert response.status_code == 200
    assert not response.cookies
    assert not wants(customer)
    assert wants(customer, PROGRAMS)
    choice = last_choice(customer)
    assert choice is not None
    assert (choice.method, choice.recorded_by, choice.refused) == ("link", None, [NEWSLETTER])


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(customer: Customer, method: str) -> None:
    response = getattr(Client(), method)(address(customer))

    assert response.status_code == 200
    assert wants(customer)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_nothing_but_a_post_changes_anything(customer: Customer, method: str) -> None:
    assert getattr(Client(), method)(address(customer)).status_code == 405
    assert wants(customer)


def test_second_click_adds_no_row(customer: Customer) -> None:
    Client().post(address(customer), ONE_CLICK, content_type=FORM)
    Client().post(address(customer), ONE_CLICK, content_type=FORM)

    assert ContactChoice.objects.filter(customer=customer).count() == 2


@pytest.mark.parametrize("language", ["de", "../../x", "x" * 500])
def test_a_cookie_with_a_language_that_the_portal_does_not_speak_is_not_heard(
    customer: Customer, language: str
) -> None:
    client = Client()
    client.cookies["django_language"] = language

    response = client.get(address(customer))

    assert b'<html lang="en">' in response.content


@pytest.mark.parametrize("is_by_link", [True, False])
def test_who_refuses_while_a_letter_waits_at_the_desk_gets_no_letter(is_by_link: bool) -> None:
    customer = CustomerFactory.create(mailing_street="1 Elm Street", mailing_city="Oakville")
    chosen(customer, newsletter=["post"])
    letter = post_message(topic=NEWSLETTER, to=customer, template="test_news", by=Actor.system("test"))
    send_messages()
    letter.refresh_from_db()
    assert letter.status == "at_desk"

    if is_by_link:
        Client().post(address(customer), ONE_CLICK, content_type=FORM)
    else:
        account = AccountFactory.create(customer=customer)
        holder = signed_in(MemberFactory.create(account=account).user)
        required = {f"{code}__email": "on" for code, topic in TOPICS.items() if not topic.is_refusable}
        assert holder.post("/settings/messages/", required).status_code == 302

    send_messages()
    letter.refresh_from_db()
    assert not wants(customer)
    assert (letter.status, letter.outcome) == ("suppressed", "refused")


def test_page_keeps_its_address_to_itself(customer: Customer) -> None:
    response = Client().get(address(customer))

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]


def test_page_names_nobody(customer: Customer) -> None:
    page = Client().get(address(customer)).content.decode()

    assert customer.name not in page
    assert customer.email not in page
    assert str(TOPICS[PROGRAMS].label) not in page  # the message may have been passed on


def test_somebody_else_who_is_signed_in_changes_the_links_customer_alone(customer: Customer) -> None:
    other = MemberFactory.create()
    chosen(other.account.customer, newsletter=["email"])

    signed_in(other.user).post(address(customer), {"act": "this"})

    assert not wants(customer)
    assert wants(other.account.customer)


def test_link_on_what_cannot_be_refused_refuses_nothing(customer: Customer) -> None:
    Client().post(address(customer, AGREEMENTS), ONE_CLICK, content_type=FORM)

    assert wants(customer, AGREEMENTS)


@pytest.mark.parametrize("token", ["x", "AAAA", "%20", "é", "A" * 80, "A" * 500])
def test_made_up_token_is_refused_and_changes_nothing(customer: Customer, token: str) -> None:
    assert Client().post(f"/unsubscribe/{token}/", ONE_CLICK, content_type=FORM).status_code == 404
    assert wants(customer)


def test_changed_token_is_refused(customer: Customer) -> None:
    token = seal_link(customer.pk, NEWSLETTER)
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]

    assert open_link(changed) is None


def test_token_shows_neither_whom_nor_what_it_is_about(customer: Customer) -> None:
    first, second = seal_link(customer.pk, NEWSLETTER), seal_link(customer.pk, NEWSLETTER)

    assert first != second
    assert open_link(first) == open_link(second)
    assert NEWSLETTER not in first


def test_link_outlives_its_key_as_long_as_the_former_key_is_known(customer: Customer, settings: Any) -> None:
    token, former = seal_link(customer.pk, NEWSLETTER), settings.SECRET_KEY

    settings.SECRET_KEY = "another-plainly-fictitious-key"
    assert open_link(token) is None
    settings.SECRET_KEY_FALLBACKS = [former]
    assert open_link(token) is not None


def test_link_to_a_customer_who_is_gone_says_nothing(customer: Customer) -> None:
    assert Client().get(f"/unsubscribe/{seal_link(customer.pk + 1000, NEWSLETTER)}/").status_code == 404
