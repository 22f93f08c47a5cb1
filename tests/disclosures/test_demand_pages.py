"""The desk for legal demands in the browser's eyes, and the customer's page."""

import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from disclosures.demand_conditions import state_of
from disclosures.models import DemandState, LegalDemand, NonDisclosureOrder, Release
from disclosures.services import serve_notice
from protection.clock import provider_today
from tests.disclosures.demands import secrecy, taken_in
from tests.disclosures.factories import Case
from tests.factories import MemberFactory, RecipientFactory, UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def a_pdf() -> SimpleUploadedFile:
    with pikepdf.new() as document, io.BytesIO() as stream:
        document.add_blank_page()
        document.save(stream)
        return SimpleUploadedFile("subpoena.pdf", stream.getvalue())


def intake(case: Case, **changes: Any) -> dict[str, Any]:
    values = {
        "kind": "subpoena",
        "case_number": "26-CV-0007",
        "authority": "Superior Court of Puerto Ejemplo",
        "received_on": provider_today().isoformat(),
        "due_on": provider_today().isoformat(),
        "document": a_pdf(),
        "recipient": RecipientFactory.create(kind="court").pk,
        "requester_name": "Dot Sample",
        "requester_capacity": "Deputy district attorney",
        "delivery_address": "1 Courthouse Square",
        "account_numbers": case.account.number,
        "scope": "accounts",
        "field_ids": ["customer.name", "usage.readings"],
        "data_from": "2025-03-01",
        "data_last": "2025-03-31",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def desk(case: Case) -> Client:
    return signed_in(case.clerk)


def step(demand: LegalDemand, name: str) -> str:
    return reverse("disclosures:demand_step", kwargs={"uuid": demand.uuid, "step": name})


def test_a_clerk_takes_a_subpoena_in_and_it_stands_in_the_list() -> None:
    case = Case()
    client = desk(case)
    assert client.get(reverse("disclosures:demand_create")).status_code == 200
    response = client.post(reverse("disclosures:demand_create"), intake(case), follow=True)
    demand = LegalDemand.objects.get()
    assert response.redirect_chain[-1][0] == reverse("disclosures:demand_detail", kwargs={"uuid": demand.uuid})
    assert demand.subjects.get().account == case.account
    assert demand.document is not None
    found = client.get(reverse("disclosures:demand_list"), {"state": "open", "kind": "subpoena", "q": "0007"})
    assert demand.case_number in found.content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account_numbers": "4711"}, "no account 4711"),
        ({"account_numbers": ""}, "or tick that it names nobody"),
        ({"document": None}, "Add the scanned document"),
        ({"document": SimpleUploadedFile("x.pdf", b"MZ not a paper")}, ""),
        ({"kind": "emergency"}, "imminent threat"),
        ({"data_last": "2024-01-01"}, "before the first"),
        ({"order_authority": "Superior Court"}, "needs its court, its statute"),
    ],
)
def test_what_is_wrong_with_an_intake_is_said_and_nothing_is_kept(change: dict[str, Any], says: str) -> None:
    case = Case()
    response = desk(case).post(reverse("disclosures:demand_create"), intake(case, **change))
    assert response.status_code == 200
    assert says in response.content.decode()
    assert not LegalDemand.objects.exists()


def test_an_order_not_to_tell_is_entered_with_the_demand() -> None:
    case = Case()
    order = {"order_authority": "Superior Court", "order_citation": "18 U.S.C. 2705(b)", "order_document": a_pdf()}
    response = desk(case).post(reverse("disclosures:demand_create"), intake(case, **order), follow=True)
    assert NonDisclosureOrder.objects.count() == 1
    assert "hidden from the customers" in response.content.decode()


def test_an_overbroad_demand_is_flagged() -> None:
    case = Case()
    given = intake(case, account_numbers="", names_everybody="on")
    response = desk(case).post(reverse("disclosures:demand_create"), given, follow=True)
    assert "overbroad" in response.content.decode()


def test_every_step_that_is_offered_has_its_page() -> None:
    case = Case()
    client = desk(case)
    hidden = taken_in(case.account, case.by, "warrant", order=secrecy())
    told = taken_in(case.account, case.by)
    serve_notice(demand=told, by=case.by)
    for demand in (hidden, told, taken_in(case.account, case.by)):
        page = client.get(reverse("disclosures:demand_detail", kwargs={"uuid": demand.uuid}))
        offered = [name for name, _title in page.context["offered"]]
        assert offered
        for name in offered:
            assert client.get(step(demand, name)).status_code == 200, name
    assert client.get(step(told, "nonsense")).status_code == 404


def test_the_desk_goes_the_whole_way_of_a_subpoena() -> None:
    case = Case()
    client = desk(case)
    demand = taken_in(case.account, case.by)
    client.post(step(demand, "assign"), {"assignee": case.clerk.pk})
    client.post(step(demand, "notice"), {"served_on": provider_today().isoformat()})
    assert state_of(demand, provider_today()) == DemandState.NOTICE_SERVED
    client.post(step(demand, "contest"), {"customer": case.customer.pk, "note": "A letter of the customer."})
    assert state_of(demand, provider_today()) == DemandState.CONTESTED
    client.post(step(demand, "motion"), {"what": "motion_denied", "note": "The court lets it stand."})
    assert state_of(demand, provider_today()) == DemandState.NOTICE_SERVED
    denied = client.get(step(demand, "refuse"))
    assert denied.status_code == 200
    client.post(step(demand, "refuse"), {"note": "It came too late for us."})
    refused = demand.events.get(what="refused")
    client.post(step(demand, "undo") + f"?of={refused.uuid}", {"note": "It did not come too late."})
    assert state_of(demand, provider_today()) == DemandState.NOTICE_SERVED
    assert client.get(step(demand, "undo")).status_code == 404


def test_complying_is_checked_first_and_then_released() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    client = signed_in(UserFactory.create(staff=True, bound=True))
    url = reverse("disclosures:demand_comply", kwargs={"uuid": demand.uuid})
    form = client.get(url).context["form"]
    given = {
        "basis": form.initial["basis"].pk,
        "field_ids": list(demand.field_ids),
        "data_from": "2025-03-01",
        "data_last": "2025-03-31",
        "format": "csv",
        "reason": "As the warrant orders.",
        "request_uuid": "00000000-0000-4000-8000-000000000001",
    }
    checked = client.post(url, {**given, "preview": "1"})
    assert "This release is allowed" in checked.content.decode()
    assert not Release.objects.exists()
    client.post(url, {**given, "release": "1"})
    assert Release.objects.get().demand == demand
    again = client.post(url, {**given, "release": "1"})
    assert again.status_code in {200, 302}
    assert Release.objects.count() == 1


def test_a_refusal_of_the_gate_leads_to_its_page() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    url = reverse("disclosures:demand_comply", kwargs={"uuid": demand.uuid})
    client = desk(case)
    basis = client.get(url).context["form"].initial["basis"]
    given = {
        "basis": basis.pk,
        "field_ids": list(demand.field_ids),
        "data_from": "2025-03-01",
        "data_last": "2025-03-31",
        "format": "csv",
        "reason": "As the subpoena says.",
        "request_uuid": "00000000-0000-4000-8000-000000000002",
        "release": "1",
    }
    response = client.post(url, given, follow=True)
    assert "must be told of the demand" in response.content.decode()


def test_the_document_is_handed_to_staff() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, order=secrecy())
    url = reverse("disclosures:demand_document", kwargs={"uuid": demand.uuid})
    client = desk(case)
    for address in (url, f"{url}?of=order"):
        response = client.get(address)
        assert b"".join(response.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]


def test_a_customer_contests_on_their_page_and_takes_it_back() -> None:
    case = Case()
    member = MemberFactory.create(account=case.account)
    demand = taken_in(case.account, case.by)
    serve_notice(demand=demand, by=case.by)
    client = signed_in(member.user)
    url = reverse("disclosures:own_demand_detail", kwargs={"uuid": demand.uuid})
    assert demand.authority in client.get(url).content.decode()
    too_short = client.post(url, {"note": "No"})
    assert "at least ten characters" in too_short.content.decode()
    client.post(url, {"note": "This is not my case at all."})
    assert state_of(demand, provider_today()) == DemandState.CONTESTED
    client.post(url, {"take-back": "1"})
    assert state_of(demand, provider_today()) == DemandState.NOTICE_SERVED


def test_another_customers_demand_is_a_404() -> None:
    case, stranger = Case(), MemberFactory.create()
    demand = taken_in(case.account, case.by)
    url = reverse("disclosures:own_demand_detail", kwargs={"uuid": demand.uuid})
    assert signed_in(stranger.user).get(url).status_code == 404


def test_staff_without_an_agreement_see_no_demand() -> None:
    case = Case()
    taken_in(case.account, case.by)
    assert signed_in(UserFactory.create(staff=True)).get(reverse("disclosures:demand_list")).status_code == 403
