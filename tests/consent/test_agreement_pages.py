"""The pages by which a customer agrees, declines, and gets a certificate; and those of the receipts."""

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pikepdf import Pdf

from accounts.models import Member
from consent.models import Consent, OfferDecline, Receipt, ServedNotice
from consent.services import withdraw_consent
from energy.models import UsagePoint
from energy.selectors import months_before
from ledger.actor import Actor
from ledger.verify import main as verify
from protection.clock import provider_today
from tests.consent.factories import agreed, holder_of, offered, scope_of, staff_with
from tests.factories import CustomerFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


class Visit:
    """A holder who has just proved who they are, and an organization that asks everybody."""

    def __init__(self, **offer: Any) -> None:
        self.customer = CustomerFactory.create()
        self.holder = holder_of(self.customer)
        self.offer = offered(**offer)
        self.client: Client = signed_in(self.holder, lately=True)

    @property
    def review(self) -> str:
        return f"/consents/offers/{self.offer.uuid}/?customer={self.customer.uuid}"

    def choose(self, **changes: Any) -> Any:
        chosen = {"field_ids": ["usage.readings"], "meters": "all", "data_from": "2025-01-01", **changes}
        return self.client.post(self.review, chosen)

    def sign(self, **changes: Any) -> Any:
        address = self.choose().headers["Location"]
        return self.client.post(address, {"is_meant": "on", "typed_name": self.holder.name, **changes})


@pytest.fixture
def visit() -> Visit:
    return Visit()


def test_what_is_asked_for_is_listed_and_leads_to_a_page_where_nothing_is_ticked(visit: Visit) -> None:
    UsagePoint.objects.create(account=visit.customer.accounts.get(), identifier="UsagePoint/1", title="House")
    page = text_of(visit.client.get("/consents/offers/"))
    assert str(visit.offer.recipient) in page
    assert "You need not" in page
    page = text_of(visit.client.get(visit.review))
    assert "Saying no costs you nothing" in page
    assert "House" in page
    assert re.findall(r"<input[^>]* checked", page) == []
    assert 'value="usage.readings"' in page
    assert 'value="customer.email"' not in page


def test_a_customer_reviews_narrows_and_signs_and_gets_a_certificate(visit: Visit) -> None:
    last = provider_today() + timedelta(days=90)
    address = visit.choose(permission_last=last.isoformat()).headers["Location"]
    served = ServedNotice.objects.get()
    page = text_of(visit.client.get(address))
    for line in served.text.splitlines():
        assert line.strip() in page
    assert re.findall(r"<input[^>]* checked", page) == []
    response = visit.client.post(address, {"is_meant": "on", "typed_name": visit.holder.name})
    consent = Consent.objects.get()
    assert response.headers["Location"] == f"/consents/{consent.uuid}/signed/"
    scope = scope_of(consent)
    assert (scope.field_ids, scope.permission_to) == (["usage.readings"], last + timedelta(days=1))
    assert scope.signature is not None
    assert scope.signature["authenticated_at"] is not None
    assert scope.signature["address"] == "127.0.0.1"
    done = text_of(visit.client.get(response.headers["Location"]))
    assert scope.signature["text_sha256"] in done
    assert f"/receipts/{scope.receipt.uuid}/receipt.pdf" in done


def test_no_earlier_data_is_given_than_an_organization_asks_for() -> None:
    visit, first = Visit(months_back=12), months_before(provider_today(), 12)
    page = text_of(visit.choose(data_from=(first - timedelta(days=1)).isoformat()))
    assert "Choose this day or a later one" in page
    assert not ServedNotice.objects.exists()
    assert visit.choose(data_from=first.isoformat()).status_code == 302


def test_signing_needs_fresh_proof_of_who_is_there(visit: Visit) -> None:
    address = visit.choose().headers["Location"]
    client = signed_in(visit.holder)
    for response in (client.get(address), client.post(address, {"is_meant": "on", "typed_name": visit.holder.name})):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"is_meant": ""}, "Tick this if you agree, or decline."),
        ({"typed_name": ""}, "Type your name to sign."),
        ({"typed_name": "Somebody Else"}, "Type your name as it stands in your sign-in"),
    ],
)
def test_without_intent_or_name_nothing_is_signed(visit: Visit, changes: dict[str, str], complaint: str) -> None:
    assert complaint in text_of(visit.sign(**changes))
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"field_ids": []}, "Tick at least one kind of data, or decline."),
        ({"meters": ""}, "Choose whether it is for all meters."),
        ({"meters": "some"}, "Tick at least one meter"),
        ({"data_from": ""}, "Enter the first day"),
        ({"data_last": "2024-12-31"}, "must not come before the first"),
        ({"permission_last": "2020-01-01"}, "Choose today or a later day."),
        ({"field_ids": ["customer.email"]}, "not one of the available choices"),
    ],
)
def test_what_is_missing_is_said_where_it_is_missing(visit: Visit, changes: dict[str, Any], complaint: str) -> None:
    assert complaint in text_of(visit.choose(**changes))
    assert not ServedNotice.objects.exists()


def test_saying_no_is_one_click_and_costs_nothing(visit: Visit) -> None:
    address = f"/consents/offers/{visit.offer.uuid}/decline/?customer={visit.customer.uuid}"
    page = text_of(visit.client.post(address, follow=True))
    assert "You said no. We give nothing, and nothing changes for you." in page
    assert OfferDecline.objects.get().customer == visit.customer
    assert visit.client.get(visit.review).status_code == 200


def test_another_member_reads_what_is_asked_for_and_cannot_agree(visit: Visit) -> None:
    client = signed_in(holder_of(visit.customer, part=Member.Part.ADULT_MEMBER))
    assert "Only the holder of the account" in text_of(client.get("/consents/offers/"))
    assert client.get(visit.review).status_code == 404


def test_nobody_sees_what_was_put_before_somebody_else(visit: Visit) -> None:
    address = visit.choose().headers["Location"]
    assert signed_in(holder_of(visit.customer), lately=True).get(address).status_code == 404


def test_an_offer_to_another_customer_is_not_there() -> None:
    other = CustomerFactory.create()
    visit = Visit(customer=other, by=Actor.of(staff_with(other)))
    assert visit.client.get(visit.review).status_code == 404
    assert str(visit.offer.recipient) not in text_of(visit.client.get("/consents/offers/"))


def test_a_receipt_is_a_page_a_pdf_and_a_signed_file_for_the_customer(visit: Visit, tmp_path: Any) -> None:
    consent = agreed(visit.holder, visit.customer, visit.offer)
    receipt = Receipt.objects.get()
    page = text_of(visit.client.get(f"/receipts/{receipt.uuid}/"))
    for shown in ("Receipt: consent given", consent.recipient.legal_name, "Account number", str(consent.uuid)):
        assert shown in page
    signed = visit.client.get(f"/receipts/{receipt.uuid}/receipt.json")
    file = tmp_path / "receipt.json"
    file.write_bytes(signed.content)
    assert verify([str(file)]) == 0
    with Pdf.open(BytesIO(visit.client.get(f"/receipts/{receipt.uuid}/receipt.pdf").content)) as pdf:
        (attached,) = pdf.attachments.values()
        assert json.loads(attached.get_file().read_bytes()) == receipt.document
    assert visit.client.get(f"/receipts/{receipt.uuid}/receipt.exe").status_code == 404


def test_the_recipient_reads_its_receipts_and_no_others(visit: Visit) -> None:
    recipient = RecipientFactory.create()
    consent = agreed(visit.holder, visit.customer, offered(recipient=recipient))
    withdraw_consent(consent=consent, by=Actor.of(visit.holder))
    agreed(visit.holder, visit.customer, visit.offer)
    client = signed_in(UserFactory.create(of_recipient=True, recipient=recipient))
    page = text_of(client.get("/receipts/"))
    assert page.count("Receipt: consent given") == 1
    assert page.count("Receipt: consent withdrawn") == 1
    own, _withdrawal, foreign = Receipt.objects.order_by("pk")
    assert client.get(f"/receipts/{own.uuid}/").status_code == 200
    assert client.get(f"/receipts/{own.uuid}/receipt.pdf").content.startswith(b"%PDF")
    for address in ("", "receipt.json", "receipt.pdf"):
        assert client.get(f"/receipts/{foreign.uuid}/{address}").status_code == 404


def test_another_customer_reads_no_receipt_and_the_desk_only_of_whom_it_opened(visit: Visit) -> None:
    agreed(visit.holder, visit.customer, visit.offer)
    receipt = Receipt.objects.get()
    stranger = signed_in(holder_of(CustomerFactory.create()))
    assert stranger.get(f"/receipts/{receipt.uuid}/").status_code == 404
    assert signed_in(staff_with(visit.customer)).get(f"/receipts/{receipt.uuid}/").status_code == 200
    unopened = signed_in(UserFactory.create(staff=True, bound=True)).get(f"/receipts/{receipt.uuid}/receipt.pdf")
    assert "/open/" in unopened.headers["Location"]


def test_the_desk_lets_an_organization_ask_and_ends_it() -> None:
    recipient, staff = RecipientFactory.create(), signed_in(UserFactory.create(staff=True, bound=True))
    address = f"/consents/offers/new/?recipient={recipient.uuid}&purpose=energy_analysis"
    page = text_of(staff.get(address))
    assert re.findall(r"<input[^>]* checked", page) == []
    staff.post(address, {"field_ids": ["usage.readings"], "months_back": "24", "project": ""})
    page = text_of(staff.get("/consents/offers/"))
    assert recipient.legal_name in page
    assert "Every customer" in page
    offer = recipient.offers.get()
    assert (offer.field_ids, offer.months_back) == (["usage.readings"], 24)
    staff.post(f"/consents/offers/{offer.uuid}/close/")
    assert "No organization asks for anything" in text_of(staff.get("/consents/offers/"))
