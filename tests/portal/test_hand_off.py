"""The way over to a recipient's own pages (promise M14), and the desk of a recipient's users."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import Recipient, RecipientAgreement, RecipientNotice, User
from accounts.services import add_site, remove_dealing, stop_recipient
from consent.services import register_endpoint
from ledger.actor import Actor
from protection.clock import provider_today
from protection.files import seal_bytes
from tests.consent.factories import granted
from tests.factories import MemberFactory, RecipientAgreementFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "https://quotes.firm.example/start"
HOOK = "https://hooks.example.org/consents"
WHY = "Data was passed on to a stranger"


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def head() -> Actor:
    return Actor.of(UserFactory(administrator=True, bound=True))


@pytest.fixture
def site(head: Actor) -> Any:
    recipient = RecipientFactory(legal_name="Solar Quotes Example Inc.", under_agreement=True)
    return add_site(recipient=recipient, label="Your quote", address=ADDRESS, by=head)


def test_customer_is_told_whose_page_follows_under_which_agreement_and_with_what_data(site: Any, head: Actor) -> None:
    member = MemberFactory()
    consent = granted(customer=member.account.customer, recipient=site.recipient)

    page = text_of(signed_in(member.user).get(f"/leaving/{site.uuid}/"))

    assert "You are leaving for Solar Quotes Example Inc." in page
    assert "Confidentiality agreement" in page
    assert f'href="{ADDRESS}"' in page
    assert consent.purpose.name in page
    assert f"/leaving/{site.uuid}/" in text_of(signed_in(member.user).get(f"/consents/{consent.uuid}/"))


def test_page_names_no_consent_of_another_customer(site: Any, head: Actor) -> None:
    other = MemberFactory()
    granted(customer=other.account.customer, recipient=site.recipient)

    page = text_of(signed_in(MemberFactory().user).get(f"/leaving/{site.uuid}/"))

    assert "Going there gives it none of your data" in page


@pytest.mark.parametrize("end", ["stop", "agreement"])
def test_nobody_is_led_to_a_recipient_that_is_stopped_or_unbound(site: Any, head: Actor, end: str) -> None:
    if end == "stop":
        stop_recipient(recipient=site.recipient, reason=WHY, by=head)
    else:
        RecipientAgreement.objects.update(valid_to=provider_today())

    page = text_of(signed_in(MemberFactory().user).get(f"/leaving/{site.uuid}/"))

    assert "We do not lead you to" in page
    assert ADDRESS not in page


def test_removed_address_leads_nowhere_and_no_address_is_taken_from_the_request(site: Any, head: Actor) -> None:
    client = signed_in(MemberFactory().user)

    page = text_of(client.get(f"/leaving/{site.uuid}/", {"next": "https://evil.example/", "url": "//evil.example"}))
    assert "evil.example" not in page.split("<main", 1)[1].split("</main", 1)[0]
    remove_dealing(row=site, by=head)
    assert client.get(f"/leaving/{site.uuid}/").status_code == 404


def test_recipients_desk_shows_what_it_may_receive_its_agreements_and_what_to_acknowledge(head: Actor) -> None:
    user: User = UserFactory(of_recipient=True)
    RecipientAgreementFactory(recipient=user.recipient, title="Our data agreement")
    for _ in range(2):
        granted(customer=MemberFactory().account.customer, recipient=user.recipient)
    granted(customer=MemberFactory().account.customer, recipient=RecipientFactory(under_agreement=True))
    stop_recipient(recipient=user.recipient, reason=WHY, by=head)
    client = signed_in(user)

    page = text_of(client.get("/"))
    assert "Our data agreement" in page
    assert "Say that you have read this" in page
    assert WHY not in page

    notice = RecipientNotice.objects.get()
    client.post(f"/our-agreements/notices/{notice.uuid}/acknowledge/")
    notice.refresh_from_db()
    assert notice.acknowledged_by == user
    assert "Say that you have read this" not in text_of(client.get("/"))


def test_desk_counts_the_customers_who_agreed_by_purpose(head: Actor) -> None:
    user: User = UserFactory(of_recipient=True)
    RecipientAgreementFactory(recipient=user.recipient)
    for _ in range(2):
        granted(customer=MemberFactory().account.customer, recipient=user.recipient)

    assert "2 customers have agreed" in text_of(signed_in(user).get("/"))


def test_recipient_reads_its_own_agreement_and_no_other_firms() -> None:
    user: User = UserFactory(of_recipient=True)
    paper = seal_bytes(b"%PDF", name="a.pdf", content_type="application/pdf", retention_class="agreements")
    own = RecipientAgreementFactory(recipient=user.recipient, document=paper)
    other: RecipientAgreement = RecipientAgreementFactory(document=paper, title="Secret terms of another firm")
    notice = RecipientNotice.objects.create(recipient=other.recipient, kind="stopped")
    client: Client = signed_in(user)

    assert b"".join(client.get(f"/our-agreements/{own.uuid}/document/")) == b"%PDF"
    assert client.get(f"/our-agreements/{other.uuid}/document/").status_code == 404
    assert client.post(f"/our-agreements/notices/{notice.uuid}/acknowledge/").status_code == 404
    assert "Secret terms" not in text_of(client.get("/our-agreements/"))


def test_only_administrators_see_on_a_recipients_page_which_systems_are_told() -> None:
    recipient: Recipient = RecipientFactory(under_agreement=True)
    administrator: User = UserFactory(administrator=True, bound=True)
    register_endpoint(recipient=recipient, url=HOOK, by=Actor.of(administrator))
    page = f"/recipients/{recipient.uuid}/"

    assert HOOK in text_of(signed_in(administrator).get(page))
    assert HOOK not in text_of(signed_in(UserFactory(staff=True, bound=True)).get(page))
