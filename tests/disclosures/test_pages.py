"""The pages of staff, recipients, customers and auditors, step by step as the main job goes."""

from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Customer, User
from disclosures.conditions import Condition, for_recipient
from disclosures.models import Delivery, HistoryExport, Release, ReleaseDenial
from disclosures.services import build_export, build_package
from protection.clock import provider_today
from tests.consent.factories import holder_of
from tests.disclosures.factories import FIELDS, WHY, Case, basis, clerk_for, purpose
from tests.factories import AccountFactory, CustomerFactory, MemberFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def entered(case: Case, **changes: Any) -> dict[str, Any]:
    """Return what the clerk enters in the form."""
    return {
        "recipient": case.recipient.pk,
        "purpose": purpose("energy_analysis").pk,
        "basis": basis("written_consent").pk,
        "accounts": [case.account.pk],
        "field_ids": list(FIELDS),
        "data_from": "2025-03-01",
        "data_last": "2025-03-31",
        "format": "csv",
        "reason": WHY,
        "request_uuid": str(uuid4()),
        **changes,
    }


def create_url(case: Case) -> str:
    return reverse("disclosures:create", kwargs={"uuid": case.customer.uuid})


def recipients_user(case: Case) -> User:
    return UserFactory.create(role="recipient", recipient=case.recipient)


def released(case: Case) -> Release:
    """Return a release with its file built."""
    release = case.released()
    build_package(release=release)
    return Release.objects.get(pk=release.pk)


def test_a_check_names_the_missing_consent_and_what_to_do_and_changes_nothing() -> None:
    case = Case()
    page = text_of(signed_in(case.clerk).post(create_url(case), {**entered(case), "preview": "1"}))
    assert "This release would be refused" in page
    assert f"{case.customer} has given no consent for {case.recipient}" in page
    assert "Record the customer's written consent first." in page
    assert WHY in page
    assert not ReleaseDenial.objects.exists()


def test_a_check_lists_what_would_go_out_and_what_would_stay() -> None:
    case = Case()
    case.consented(field_ids=("usage.readings",))
    page = text_of(signed_in(case.clerk).post(create_url(case), {**entered(case), "preview": "1"}))
    assert "This release is allowed" in page
    allowed, withheld = page.split("It would keep back")
    assert "Usage readings" in allowed.split("It would let out")[1]
    assert "Name on the account" in withheld
    assert not Release.objects.exists()


def test_a_release_leads_to_its_page_with_state_whose_data_and_proof() -> None:
    case = Case()
    case.consented()
    response = signed_in(case.clerk).post(create_url(case), {**entered(case), "release": "1"}, follow=True)
    release = Release.objects.get()
    assert response.redirect_chain[-1][0] == reverse("disclosures:detail", kwargs={"uuid": release.uuid})
    page = text_of(response)
    for shown in (case.recipient.legal_name, "Waiting to be built", "1 March 2025", "31 March 2025", WHY):
        assert shown in page
    assert str(release.entry_id) in page
    assert case.account.number not in page


def test_a_refused_release_shows_the_kept_refusal_and_how_to_ask_again() -> None:
    case = Case()
    client = signed_in(case.clerk)
    response = client.post(create_url(case), {**entered(case), "release": "1"}, follow=True)
    denial = ReleaseDenial.objects.get()
    assert response.redirect_chain[-1][0] == reverse("disclosures:denial_detail", kwargs={"uuid": denial.uuid})
    again = f"{create_url(case)}?again={denial.uuid}"
    assert again in text_of(response)
    form = client.get(again).context["form"]
    assert (form["reason"].value(), form["field_ids"].value()) == (WHY, list(FIELDS))
    assert form["data_last"].value().isoformat() == "2025-03-31"


def test_a_form_sent_twice_makes_one_release() -> None:
    case = Case()
    case.consented()
    client, data = signed_in(case.clerk), {**entered(case), "release": "1"}
    assert client.post(create_url(case), data).url == client.post(create_url(case), data).url
    assert Release.objects.count() == 1


def test_a_document_of_the_wrong_type_is_refused_in_words() -> None:
    case = Case()
    upload = SimpleUploadedFile("order.pdf", b"MZ not a document")
    data = {**entered(case, document=upload), "release": "1"}
    response = signed_in(case.clerk).post(create_url(case), data)
    assert response.status_code == 200
    assert "is not a PDF, JPEG, PNG or TIFF" in text_of(response)
    assert not ReleaseDenial.objects.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data_last": "2025-02-01"}, "The last day comes before the first"),
        ({"reason": "short"}, "at least ten characters"),
        ({"field_ids": ["customer.tax_id"]}, "customer.tax_id is not one of the available choices"),
        ({"accounts": [0]}, "is not one of the available choices"),
        ({"recipient": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_at_the_field(change: dict[str, Any], says: str) -> None:
    case = Case()
    response = signed_in(case.clerk).post(create_url(case), {**entered(case, **change), "release": "1"})
    assert response.status_code == 200
    assert says in text_of(response)
    assert not Release.objects.exists()


def test_a_clerk_who_did_not_open_the_customer_is_asked_for_the_reason_first() -> None:
    case = Case()
    response = signed_in(clerk_for()).get(create_url(case))
    assert response.status_code == 302
    assert response.url.startswith(reverse("accounts:customer_open", kwargs={"uuid": case.customer.uuid}))


def test_the_desks_list_shows_releases_and_refusals_without_names_or_whole_numbers() -> None:
    case, other = Case(), Case()
    case.consented()
    case.released()
    signed_in(other.clerk).post(create_url(other), {**entered(other), "release": "1"})
    page = text_of(signed_in(case.clerk).get(reverse("disclosures:list")))
    assert "2 disclosures and refusals" in page
    assert case.customer.name not in page
    assert case.account.number not in page
    assert case.account.number[-4:] in page


def download_url(release: Release) -> str:
    return reverse("disclosures:download", kwargs={"uuid": release.package.uuid})


def test_a_recipients_user_sees_and_downloads_what_was_released_to_it() -> None:
    case = Case()
    case.consented()
    release = released(case)
    client = signed_in(recipients_user(case))
    assert download_url(release) in text_of(client.get(reverse("disclosures:inbox")))
    assert release.package.built.sha256 in text_of(client.get(download_url(release)))
    response = client.post(download_url(release))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith('attachment; filename="release-')
    body = b"".join(response.streaming_content).decode()
    assert case.account.number in body
    assert Delivery.objects.get().outcome == "delivered"


def test_after_a_withdrawal_the_download_is_refused_and_says_why() -> None:
    case = Case()
    consent = case.consented()
    release = released(case)
    case.withdraw(consent)
    response = signed_in(recipients_user(case)).post(download_url(release))
    assert response.status_code == 403
    assert "A customer's consent no longer covers" in text_of(response)
    assert Delivery.objects.get().outcome == "refused"


def test_a_refused_download_names_no_customer_to_the_recipient() -> None:
    case = Case()
    consent = case.consented()
    release = released(case)
    case.withdraw(consent)
    page = text_of(signed_in(recipients_user(case)).post(download_url(release)))
    assert case.customer.name in str(Delivery.objects.get().conditions)
    assert case.customer.name not in page


def test_a_stopped_recipient_reads_no_inner_reason() -> None:
    inner = Condition("recipient_stopped", {"recipient": "Solar", "reason": "We suspect a breach."})
    told = for_recipient([inner, Condition("consent_narrowed", {"customer": "A"}), Condition("consent_ended")])
    assert [each.code for each in told] == ["fetch_stopped", "fetch_consent"]
    assert "breach" not in told[0].message


def test_another_recipients_package_is_a_404() -> None:
    case = Case()
    case.consented()
    release = released(case)
    stranger = signed_in(UserFactory.create(role="recipient", recipient=RecipientFactory.create()))
    assert stranger.get(download_url(release)).status_code == 404
    assert stranger.post(download_url(release)).status_code == 404
    assert "Nothing was released to you yet" in text_of(stranger.get(reverse("disclosures:inbox")))


def test_a_customer_reads_who_what_when_why_and_on_what_basis() -> None:
    case = Case()
    case.consented()
    release = released(case)
    assert b"".join(signed_in(recipients_user(case)).post(download_url(release)).streaming_content)
    page = text_of(signed_in(holder_for(case.customer)).get(reverse("disclosures:history")))
    for shown in (case.recipient.legal_name, "Usage readings", "1 March 2025", WHY, release.basis.citation):
        assert shown in page
    assert purpose("energy_analysis").name_en in page
    assert "not yet" not in page


def holder_for(customer: Customer) -> User:
    return MemberFactory.create(account=customer.accounts.order_by("pk").first()).user


def test_a_customer_reads_which_staff_looked() -> None:
    case = Case()
    page = text_of(signed_in(holder_for(case.customer)).get(reverse("disclosures:history")))
    assert case.clerk.name in page
    assert "The customer sent us a form." in page
    assert "We have given your data to nobody" in page


def test_a_customer_sees_nobody_elses_history() -> None:
    case = Case()
    case.consented()
    case.released()
    stranger = signed_in(holder_of(CustomerFactory.create()))
    assert case.recipient.legal_name not in text_of(stranger.get(reverse("disclosures:history")))
    assert stranger.get(reverse("disclosures:history") + f"?customer={case.customer.uuid}").status_code == 404


def auditor() -> User:
    return UserFactory.create(auditor=True, bound=True)


def test_an_auditor_filters_by_what_is_in_the_address() -> None:
    case, other = Case(), Case()
    case.consented()
    case.released()
    signed_in(other.clerk).post(create_url(other), {**entered(other), "release": "1"})
    client = signed_in(auditor())
    search = reverse("disclosures:search")
    today = provider_today().isoformat()
    for query, count in (
        ({}, 2),
        ({"outcome": "released"}, 1),
        ({"outcome": "denied"}, 1),
        ({"account": case.account.number}, 1),
        ({"recipient": str(other.recipient.uuid)}, 1),
        ({"purpose": "research"}, 0),
        ({"basis": "written_consent", "first": today, "last": today}, 2),
        ({"first": "2020-01-01", "last": "2020-12-31"}, 0),
    ):
        response = client.get(search, query)
        assert response.context["page"].paginator.count == count, query
        assert len(response.context["filters"]) == len(query)


def test_a_wrong_filter_is_an_error_and_shows_no_list() -> None:
    client = signed_in(auditor())
    for query, says in (
        ({"account": "0"}, "There is no such account"),
        ({"first": "2026-02-01", "last": "2026-01-01"}, "The last day comes before the first"),
    ):
        response = client.get(reverse("disclosures:search"), query)
        assert "page" not in response.context
        assert says in text_of(response)


@pytest.mark.database_role("worker")
def test_an_auditor_exports_exactly_what_is_shown_and_downloads_it() -> None:
    case = Case()
    case.consented()
    case.released()
    client = signed_in(auditor())
    url = client.get(reverse("disclosures:search"), {"outcome": "released"}).context["export_url"]
    assert "One disclosure or refusal goes into the export" in text_of(client.get(url))
    response = client.post(url, {"reason": "For the yearly audit", "request_uuid": str(uuid4())})
    export = HistoryExport.objects.get()
    assert response.url == reverse("disclosures:export_detail", kwargs={"uuid": export.uuid})
    assert export.filters == {"outcome": "released"}
    assert "Waiting to be built" in text_of(client.get(response.url))
    assert client.post(response.url).status_code == 302
    build_export(export=export)
    assert "python resguardo-verify.pyz manifest.json" in text_of(client.get(response.url))
    download = client.post(response.url)
    assert download["Content-Type"] == "application/zip"
    assert b"".join(download.streaming_content).startswith(b"PK")
    assert "For the yearly audit" in text_of(client.get(reverse("disclosures:export_list")))


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("list", "staff"),
        ("inbox", "recipient"),
        ("history", "customer"),
        ("search", "auditor"),
        ("export_list", "auditor"),
        ("export_create", "auditor"),
    ],
)
def test_each_page_is_for_its_role_only(name: str, allowed: str) -> None:
    people: dict[str, Callable[[], User]] = {
        "staff": lambda: UserFactory.create(staff=True, bound=True),
        "auditor": auditor,
        "customer": lambda: holder_of(CustomerFactory.create()),
        "recipient": lambda: UserFactory.create(role="recipient", recipient=RecipientFactory.create()),
    }
    for role, person in people.items():
        status = signed_in(person()).get(reverse(f"disclosures:{name}")).status_code
        assert status == (200 if role == allowed else 403), role


def test_the_history_page_costs_the_same_whatever_it_shows() -> None:
    case = Case(account=AccountFactory.create())
    case.consented()
    client, costs = signed_in(holder_for(case.customer)), []
    client.get(reverse("disclosures:history"))
    for number in (1, 12):
        for _ in range(number):
            case.released()
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("disclosures:history"))
        costs.append(len(queries))
    assert costs[0] == costs[1]
