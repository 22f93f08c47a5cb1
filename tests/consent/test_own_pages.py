import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.utils import translation

from accounts.models import Member
from consent.selectors import consent_form
from consent.services import withdraw_consent
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today
from tests.consent.factories import granted, holder_of, scope_of, staff_with
from tests.factories import CustomerFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def test_customers_see_their_own_consents_and_nobody_elses() -> None:
    own, foreign = granted(), granted()
    client = signed_in(holder_of(own.customer))
    page = text_of(client.get("/consents/"))
    assert str(own.recipient) in page
    assert str(foreign.recipient) not in page
    for address in ("", "narrow/", "evidence/1/"):
        assert client.get(f"/consents/{foreign.uuid}/{address}").status_code == 404
    assert client.post(f"/consents/{foreign.uuid}/withdraw/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_granted


def test_customers_download_the_form_that_they_signed() -> None:
    consent = granted()
    response = signed_in(holder_of(consent.customer)).get(f"/consents/{consent.uuid}/evidence/1/")
    assert b"".join(response.streaming_content) == b"%PDF-1.7"


def test_who_agreed_to_nothing_reads_so() -> None:
    assert "You have agreed to nothing" in text_of(signed_in(UserFactory.create()).get("/consents/"))


def test_running_consents_come_first() -> None:
    customer = CustomerFactory.create()
    by = Actor.of(staff_with(customer))
    running, ended = granted(customer=customer, by=by), granted(customer=customer, by=by)
    withdraw_consent(consent=ended, by=by)
    rows = signed_in(holder_of(customer)).get("/consents/").context["rows"]
    assert [row["consent"] for row in rows] == [running, ended]


def test_a_page_says_what_it_is_its_state_and_why_the_history_and_the_proof() -> None:
    consent = granted(permission_to=date(2030, 1, 1), data_to=date(2025, 1, 1))
    version = consent.versions.get()
    page = text_of(signed_in(holder_of(consent.customer)).get(f"/consents/{consent.uuid}/"))
    for shown in (
        consent.recipient.legal_name,
        consent.purpose.description,
        "It runs until 31 December 2029, unless it is withdrawn before.",
        "Name on the account, Account number",
        "1 January 2024 to 31 December 2024",
        "Your consent to share energy and account information",
        "On paper, Alex Sample",
        str(version.entry_id),
        consent_form("en").sha256,
    ):
        assert shown in page


@pytest.mark.parametrize("part", [Member.Part.HOLDER, Member.Part.ADULT_MEMBER])
def test_one_click_withdraws_and_the_page_says_what_follows(part: str) -> None:
    consent = granted()
    client = signed_in(holder_of(consent.customer, part=part))
    page = text_of(client.post(f"/consents/{consent.uuid}/withdraw/", follow=True))
    consent.refresh_from_db()
    assert not consent.is_granted
    assert "From now on we give" in page
    assert "you can agree again with a new form" in page
    assert "Withdraw this consent" not in page


def test_a_second_click_on_withdraw_is_harmless() -> None:
    consent = granted()
    client = signed_in(holder_of(consent.customer))
    for _ in range(2):
        assert client.post(f"/consents/{consent.uuid}/withdraw/", follow=True).status_code == 200
    assert consent.versions.count() == 2


def test_a_link_does_not_withdraw() -> None:
    consent = granted()
    assert signed_in(holder_of(consent.customer)).get(f"/consents/{consent.uuid}/withdraw/").status_code == 405


def test_a_customer_gives_less_and_ends_it_earlier() -> None:
    consent = granted()
    client, last = signed_in(holder_of(consent.customer)), provider_today() + timedelta(days=10)
    address = f"/consents/{consent.uuid}/narrow/"
    assert len(re.findall(r"<input[^>]* checked", text_of(client.get(address)))) == 2
    client.post(address, {"field_ids": ["customer.name"], "permission_last": last.isoformat()})
    consent.refresh_from_db()
    assert scope_of(consent).field_ids == ["customer.name"]
    assert scope_of(consent).permission_to == last + timedelta(days=1)


def test_a_customer_leaves_a_meter_out_and_keeping_all_leaves_later_ones_in() -> None:
    consent = granted()
    holder = holder_of(consent.customer)
    account = consent.customer.accounts.get()
    kept, _left = (UsagePoint.objects.create(account=account, identifier=f"UsagePoint/{n}") for n in range(2))
    client, address = signed_in(holder), f"/consents/{consent.uuid}/narrow/"
    both = [str(point.pk) for point in (kept, _left)]
    client.post(address, {"field_ids": ["customer.name"], "usage_points": both})
    consent.refresh_from_db()
    assert scope_of(consent).usage_point_ids == []
    client.post(address, {"field_ids": ["customer.name"], "usage_points": [str(kept.pk)]})
    consent.refresh_from_db()
    assert scope_of(consent).usage_point_ids == [kept.pk]
    page = text_of(client.get(f"/consents/{consent.uuid}/"))
    assert "1. Given" in page
    assert "3. Narrowed" in page
    assert page.count("when another version took its place") == 2


@pytest.mark.parametrize(
    ("entered", "complaint"),
    [
        ({"field_ids": ["customer.name", "account.number"]}, "Nothing would change"),
        ({"field_ids": []}, "Withdraw it instead"),
        ({"field_ids": ["customer.email"]}, "not one of the available choices"),
        ({"field_ids": ["customer.name"], "permission_last": "2020-01-01"}, "Withdraw it instead"),
    ],
)
def test_what_is_not_less_is_refused_in_words(entered: dict[str, str], complaint: str) -> None:
    consent = granted()
    response = signed_in(holder_of(consent.customer)).post(f"/consents/{consent.uuid}/narrow/", entered)
    assert complaint in text_of(response)
    assert consent.versions.count() == 1


def test_an_ended_consent_offers_no_narrowing() -> None:
    consent = granted()
    client = signed_in(holder_of(consent.customer))
    client.post(f"/consents/{consent.uuid}/withdraw/")
    assert client.get(f"/consents/{consent.uuid}/narrow/").status_code == 404


def test_the_purpose_and_the_notice_stand_in_the_language_of_the_page() -> None:
    consent = granted()
    user = holder_of(consent.customer)
    user.language = "es"
    user.save(update_fields=["language"])
    with translation.override("es"):
        page = text_of(signed_in(user).get(f"/consents/{consent.uuid}/"))
    assert consent.purpose.description_es in page
