import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import Settings

from accounts.models import Customer, CustomerOpening, Recipient, User
from accounts.services import open_customer
from consent.models import Consent, ConsentVersion
from consent.selectors import consent_form
from consent.services import narrow_consent, withdraw_consent
from energy.models import UsagePoint
from ledger.actor import Actor
from protection.clock import provider_today
from protection.files import open_file
from tests.consent.factories import granted, last_act_on, staff_with
from tests.factories import AccountFactory, CustomerFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def ticked(page: str) -> int:
    """Count the boxes and buttons that are on."""
    return len(re.findall(r"<input[^>]* checked", page))


def scan(name: str = "form.png") -> SimpleUploadedFile:
    target = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(target, format="PNG")
    return SimpleUploadedFile(name, target.getvalue())


class Desk:
    """Staff who opened a customer, a recipient, and the address of the form for both."""

    def __init__(self) -> None:
        self.customer: Customer = CustomerFactory.create()
        AccountFactory.create(customer=self.customer, service_street="12 Example Street")
        self.user: User = staff_with(self.customer)
        self.recipient: Recipient = RecipientFactory.create()
        self.client: Client = signed_in(self.user)
        self.start = f"/customers/{self.customer.uuid}/consents/new/"
        self.form = f"{self.start}?recipient={self.recipient.uuid}&purpose=energy_analysis"

    def entered(self, **changes: Any) -> dict[str, Any]:
        entered = {
            "field_ids": ["usage.readings", "account.number"],
            "meters": "all",
            "data_from": "2024-01-01",
            "data_last": "2025-12-31",
            "permission_last": (provider_today() + timedelta(days=365)).isoformat(),
            "method": "paper",
            "signed_on": (provider_today() - timedelta(days=3)).isoformat(),
            "signer_name": self.customer.name,
            "service_address": "12 Example Street, 90000",
            "notice_text": str(consent_form("es").pk),
            "evidence": scan(),
            "request_id": str(uuid4()),
            **changes,
        }
        return {name: value for name, value in entered.items() if value is not None}

    def send(self, **changes: Any) -> Any:
        return self.client.post(self.form, self.entered(**changes))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_staff_record_a_written_consent_with_its_scan(desk: Desk) -> None:
    response = desk.send()
    consent = Consent.objects.get()
    assert response.headers["Location"] == f"/consents/{consent.uuid}/"
    version = consent.versions.get()
    assert version.field_ids == ["account.number", "usage.readings"]
    assert (str(version.data_to), version.permission_from) == ("2026-01-01", provider_today())
    assert version.permission_to == provider_today() + timedelta(days=366)
    assert (version.notice_text, version.recorded_by) == (consent_form("es"), desk.user)
    assert version.evidence_file is not None
    with open_file(version.evidence_file) as stream:
        assert Image.open(stream).size == (60, 80)
    page = text_of(desk.client.get(response.headers["Location"]))
    assert "Running" in page
    assert desk.recipient.legal_name in page
    assert "1 January 2024 to 31 December 2025" in page


def test_staff_narrow_on_a_customers_request_and_note_how_it_was_asked(desk: Desk) -> None:
    consent = granted(customer=desk.customer, by=Actor.of(desk.user))
    address = f"/consents/{consent.uuid}/narrow/"
    page = text_of(desk.client.post(address, {"field_ids": ["customer.name"]}))
    assert "Choose how the customer asked." in page
    desk.client.post(address, {"field_ids": ["customer.name"], "method": "telephone", "reason": "Asked on the phone"})
    narrowed = last_act_on(Consent.objects.get(pk=consent.pk))
    assert (narrowed.kind, narrowed.field_ids, narrowed.method) == ("narrow", ["customer.name"], "telephone")
    assert narrowed.reason == "Asked on the phone"


def test_what_stands_on_the_paper_is_held_against_the_record_and_the_result_kept(desk: Desk) -> None:
    desk.send(service_address="12 example st., Valle Claro 90000", form_version="CF-7 (2026)")
    version = ConsentVersion.objects.get()
    assert version.verification is not None
    assert version.verification["name"]["matches"] is True
    assert version.verification["address"] == {"stated": "12 example st., Valle Claro 90000", "matches": True}
    assert version.evidence_json["verification"] == version.verification
    assert version.served_notice is not None
    assert version.served_notice.form_version == "CF-7 (2026)"


@pytest.mark.parametrize("differing", [{"signer_name": "Somebody Else"}, {"service_address": "99 Other Road, 90001"}])
def test_a_paper_that_differs_needs_somebody_with_whom_it_was_verified(desk: Desk, differing: dict[str, str]) -> None:
    assert "Call the customer back" in text_of(desk.send(**differing))
    assert "Enter the day on which you verified it" in text_of(desk.send(**differing, verified_with="Alex Sample"))
    assert not ConsentVersion.objects.exists()
    today = provider_today().isoformat()
    desk.send(**differing, verified_with="Alex Sample", verified_on=today, call_back="555-0100: moved last week")
    verification = ConsentVersion.objects.get().verification
    assert verification is not None
    assert verification["checked"] == {"with": "Alex Sample", "on": today, "call_back": "555-0100: moved last week"}
    assert False in (verification["name"]["matches"], verification["address"]["matches"])


def test_a_paper_without_its_address_is_not_recorded(desk: Desk) -> None:
    assert "Enter the service address as written on the form." in text_of(desk.send(service_address=""))


def test_a_second_click_makes_no_second_consent(desk: Desk) -> None:
    entered = desk.entered(evidence=None, method="telephone")
    first, second = (desk.client.post(desk.form, entered) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert ConsentVersion.objects.count() == 1


def test_nothing_is_ticked_in_advance(desk: Desk) -> None:
    UsagePoint.objects.create(account=AccountFactory.create(customer=desk.customer), identifier="UsagePoint/7")
    page = text_of(desk.client.get(desk.form))
    assert "UsagePoint/7" in page
    assert ticked(page) == 0
    assert re.findall(r'<option value="([^"]*)" selected', page) == [""]


def test_the_form_offers_only_what_the_purpose_may_cover(desk: Desk) -> None:
    page = text_of(desk.client.get(desk.form.replace("energy_analysis", "research")))
    assert 'value="usage.readings"' in page
    assert 'value="customer.name"' not in page
    assert 'value="customer.tax_id"' not in text_of(desk.client.get(desk.form))


def test_a_failing_form_keeps_all_that_was_entered_and_says_to_choose_the_file_again(desk: Desk) -> None:
    page = text_of(desk.send(signer_name="", project="Heat pump 17"))
    assert "choose the scanned form again" in page
    for kept in ('value="Heat pump 17"', 'value="2024-01-01"', 'value="2025-12-31"'):
        assert kept in page
    assert ticked(page) == 4  # two kinds of data, all meters, on paper
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"evidence": None}, "Add the scanned form"),
        ({"evidence": SimpleUploadedFile("form.pdf", b"not a pdf at all")}, "not a PDF, JPEG, PNG or TIFF"),
        ({"evidence": SimpleUploadedFile("form.pdf", b"%PDF-1.7 broken")}, "damaged"),
        ({"evidence": SimpleUploadedFile("form.pdf", b"")}, "empty"),
        ({"field_ids": []}, "Tick at least one kind of data"),
        ({"field_ids": ["customer.tax_id"]}, "not one of the available choices"),
        ({"meters": None}, "Choose whether the consent is for all meters"),
        ({"meters": "some"}, "Tick at least one meter"),
        ({"usage_points": ["12345"]}, "not one of the available choices"),
        ({"data_last": "2023-12-31"}, "The last day of the data must not come before the first"),
        ({"permission_last": "2020-01-01"}, "The last day of the permission must not come before the first"),
        ({"signed_on": "2199-01-01"}, "still to come"),
        ({"signed_on": "0001-01-01"}, "too far back. Check the year"),
        ({"signer_name": "Alba \u202eelpmaxE"}, "characters that cannot be seen"),
        ({"signer_name": ""}, "Enter the name of the person"),
        ({"data_from": ""}, "Enter the first day of the data"),
        ({"request_id": None}, "Open it again"),
        ({"request_id": "nonsense"}, "Open it again"),
        ({"signed_on": "last week"}, "Enter a valid date"),
        ({"method": "portal"}, "not one of the available choices"),
        ({"notice_text": "999"}, "not one of the available choices"),
    ],
)
def test_each_mistake_is_named_with_what_to_do(desk: Desk, changes: dict[str, Any], complaint: str) -> None:
    response = desk.send(**changes)
    assert response.status_code == 200
    assert complaint in text_of(response)
    assert not Consent.objects.exists()


def test_a_scan_over_the_limit_is_refused(desk: Desk, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000_000
    assert "larger than 1 MB" in text_of(desk.send(evidence=SimpleUploadedFile("f.pdf", b"%PDF-" + bytes(1_500_000))))


def test_a_recipient_who_is_stopped_meanwhile_is_refused_in_words(desk: Desk) -> None:
    Recipient.objects.update(stopped_at="2026-01-01T00:00Z", stopped_by=desk.user)
    response = desk.send()
    assert response.headers["Location"] == desk.start
    assert "Select a valid choice" in text_of(desk.client.get(desk.form))
    assert not Consent.objects.exists()


@pytest.mark.parametrize("query", ["?recipient=nonsense&purpose=nonsense", "?purpose=billing", "?x=1"])
def test_a_strange_address_starts_over(desk: Desk, query: str) -> None:
    response = desk.client.get(desk.start + query)
    assert response.status_code == 200
    assert "Step 1 of 2" in " ".join(text_of(response).split())


def test_staff_must_open_the_customer_first() -> None:
    consent, staff = granted(), UserFactory.create(staff=True, bound=True)
    client = signed_in(staff)
    opening = f"/customers/{consent.customer.uuid}/open/"
    for address in (
        f"/customers/{consent.customer.uuid}/consents/new/",
        f"/consents/{consent.uuid}/",
        f"/consents/{consent.uuid}/evidence/1/",
    ):
        assert client.get(address).headers["Location"].startswith(opening)
    assert client.post(f"/consents/{consent.uuid}/withdraw/").headers["Location"].startswith(opening)
    consent.refresh_from_db()
    assert consent.is_granted


def test_staff_without_a_confidentiality_agreement_see_no_consent() -> None:
    granted()
    page = text_of(signed_in(UserFactory.create(staff=True)).get("/consents/"))
    assert "No consent is recorded" in page


@pytest.mark.parametrize("who", ["auditor", "of_recipient"])
def test_other_roles_are_refused(who: str) -> None:
    consent = granted()
    client = signed_in(UserFactory.create(bound=True, **{who: True}))
    for address in ("/consents/", f"/consents/{consent.uuid}/", f"/customers/{consent.customer.uuid}/consents/new/"):
        assert client.get(address).status_code == 403


def test_a_stranger_signs_in_first() -> None:
    consent = granted()
    for address in ("/consents/", f"/consents/{consent.uuid}/", f"/consents/{consent.uuid}/narrow/"):
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")


def test_the_list_is_narrowed_by_text_organization_state_and_customer() -> None:
    first, second = granted(project="Roof 12"), granted()
    withdraw_consent(consent=second, by=Actor.of(staff_with(second.customer)))
    number = AccountFactory.create(customer=second.customer).number
    client = signed_in(UserFactory.create(staff=True, bound=True))

    def shown(query: str) -> list[Consent]:
        return [row["consent"] for row in client.get(f"/consents/?{query}").context["rows"]]

    assert shown("") == [second, first]
    assert shown("status=active") == [first]
    assert shown("status=withdrawn") == [second]
    assert shown("status=expired") == shown("status=not_yet") == []
    assert shown(f"recipient={first.recipient.uuid}") == [first]
    assert shown(f"customer={second.customer.uuid}") == [second]
    assert shown("q=roof") == [first]
    assert shown(f"q={number}") == [second]
    assert shown(f"q={first.customer.name}&status=withdrawn") == []
    assert shown("status=nonsense") == [second, first]
    assert "Remove the filter" in text_of(client.get("/consents/?status=active"))


def test_the_list_is_narrowed_by_purpose_method_and_last_day_and_sorted() -> None:
    today = provider_today()
    last = today + timedelta(days=9)
    late = granted(customer=CustomerFactory.create(name="Zoe Sample"), permission_to=today + timedelta(days=300))
    soon = granted(
        customer=CustomerFactory.create(name="Abe Sample"),
        permission_to=last + timedelta(days=1),
        method="telephone",
        evidence=None,
    )
    open_ended = granted(customer=CustomerFactory.create(name="Mia Sample"))
    client = signed_in(UserFactory.create(staff=True, bound=True))

    def shown(query: str) -> list[Consent]:
        return [row["consent"] for row in client.get(f"/consents/?{query}").context["rows"]]

    assert shown("purpose=energy_analysis&order=customer") == [soon, open_ended, late]
    assert shown("purpose=research") == []
    assert shown("method=telephone") == [soon]
    assert shown(f"ends_from={today}&ends_to={last}") == [soon]
    assert shown(f"ends_to={last - timedelta(days=1)}") == []
    assert shown("order=end") == [soon, late, open_ended]
    narrow_consent(
        consent=late, field_ids=["customer.name"], method="telephone", by=Actor.of(staff_with(late.customer))
    )
    assert shown("method=paper&order=end") == [late, open_ended]
    assert shown("ends_from=nonsense&method=telephone") == [soon]
    assert "Last day until" in text_of(client.get(f"/consents/?ends_to={last}"))


def test_the_list_costs_the_same_however_long_it_is() -> None:
    client = signed_in(UserFactory.create(staff=True, bound=True))
    client.get("/consents/")
    costs = []
    for _ in range(3):
        granted()
        with CaptureQueriesContext(connection) as queries:
            client.get("/consents/")
        costs.append(len(queries))
    assert costs == [costs[0]] * 3


def test_staff_withdraw_when_the_customer_asks() -> None:
    consent = granted()
    client = signed_in(staff_with(consent.customer))
    address = f"/consents/{consent.uuid}/withdraw/"
    assert "Choose how the customer asked." in text_of(client.post(address, {}))
    client.post(address, {"method": "telephone", "reason": "Called us."})
    consent.refresh_from_db()
    assert not consent.is_granted
    assert (last_act_on(consent).method, last_act_on(consent).reason) == ("telephone", "Called us.")
    assert client.get(address).status_code == 405


def test_a_downloaded_form_is_what_was_handed_in_and_the_customer_sees_the_look() -> None:
    consent = granted()
    staff = staff_with(consent.customer)
    response = signed_in(staff).get(f"/consents/{consent.uuid}/evidence/1/")
    assert b"".join(response.streaming_content) == b"%PDF-1.7"
    assert response.headers["Content-Disposition"] == 'attachment; filename="form.pdf"'
    assert response.headers["Content-Type"] == "application/pdf"
    look = CustomerOpening.objects.latest("pk")
    assert (look.user, look.customer) == (staff, consent.customer)
    assert str(consent.recipient) in look.reason
    assert signed_in(staff_with(consent.customer)).get(f"/consents/{consent.uuid}/evidence/9/").status_code == 404


def test_an_administrator_may_do_what_staff_do() -> None:
    consent = granted()
    user = UserFactory.create(administrator=True, bound=True)
    open_customer(customer=consent.customer, reason="Looking after a complaint.", by=Actor.of(user))
    assert signed_in(user).get(f"/consents/{consent.uuid}/").status_code == 200
