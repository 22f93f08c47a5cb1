from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, FieldConflict, User
from accounts.services import open_customer, set_field
from ledger.actor import Actor
from protection.clock import provider_today
from rights.models import Correction, RightsRequest
from tests.factories import UserFactory
from tests.rights.factories import a_member, a_pending_correction, an_open_request, correct, staff_who_opened
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    user: User = UserFactory(staff=True, bound=True)
    return user


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def open_for(user: User, customer: Customer) -> None:
    open_customer(customer=customer, reason="Working through the queue", by=Actor.of(user))


def a_conflict(field: str = "phone", kept: str = "555-010-9999", offered: str = "555-010-0000") -> FieldConflict:
    user, account = a_member()
    set_field(row=account.customer, field=field, value=kept, source="customer", by=Actor.of(user))
    set_field(row=account.customer, field=field, value=offered, source="feed", by=Actor.system("import"))
    return FieldConflict.objects.get()


def test_queue_shows_the_most_pressing_first(staff: User) -> None:
    a_pending_correction()
    an_open_request()
    a_conflict()
    Correction.objects.update(due_on=provider_today() - timedelta(days=1))

    response = signed_in(staff).get("/queue/")

    cases = response.context["cases"]
    assert [case.kind for case in cases] == ["correction", "conflict", "request"]
    assert "overdue" in text_of(response)
    assert (response.context["counts"].total, response.context["counts"].overdue) == (3, 1)


def test_queue_narrows_to_a_kind_and_to_what_is_overdue(staff: User) -> None:
    a_pending_correction()
    an_open_request()
    RightsRequest.objects.update(due_on=provider_today() - timedelta(days=1))
    client = signed_in(staff)

    assert [case.kind for case in client.get("/queue/", {"kind": "correction"}).context["cases"]] == ["correction"]
    assert [case.kind for case in client.get("/queue/", {"overdue": "on"}).context["cases"]] == ["request"]


def test_empty_queue_says_that_nothing_waits(staff: User) -> None:
    assert "Nothing waits" in text_of(signed_in(staff).get("/queue/"))


def test_queue_costs_the_same_however_long_it_is(staff: User) -> None:
    client = signed_in(staff)
    client.get("/queue/")

    costs = []
    for _ in range(2):
        for make in (a_pending_correction, a_pending_correction, an_open_request, an_open_request):
            make()
        with CaptureQueriesContext(connection) as queries:
            client.get("/queue/")
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 26


def test_queue_of_staff_without_an_agreement_is_empty() -> None:
    a_pending_correction()

    assert not signed_in(UserFactory(staff=True)).get("/queue/").context["cases"]


@pytest.mark.parametrize("kind", ["corrections", "requests", "conflicts"])
def test_case_of_an_unopened_customer_asks_for_the_reason_first(staff: User, kind: str) -> None:
    case = {"corrections": a_pending_correction, "requests": an_open_request, "conflicts": a_conflict}[kind]()

    response = signed_in(staff).get(f"/queue/{kind}/{case.uuid}/")

    assert response["Location"] == (f"/customers/{case.customer.uuid}/open/?next=%2Fqueue%2F{kind}%2F{case.uuid}%2F")


@pytest.mark.parametrize("kind", ["corrections", "requests", "conflicts"])
def test_unknown_case_is_not_found(staff: User, kind: str) -> None:
    assert signed_in(staff).get(f"/queue/{kind}/{uuid4()}/").status_code == 404


def test_correction_is_accepted_on_its_page() -> None:
    correction = a_pending_correction(name="Alexandra Sample")
    client = signed_in(staff_who_opened(correction.customer))
    page = text_of(client.get(f"/queue/corrections/{correction.uuid}/"))
    assert "Alexandra Sample" in page
    assert correction.customer.name in page

    client.post(f"/queue/corrections/{correction.uuid}/", {"decision": "accept", "reason": ""})

    assert Customer.objects.get(pk=correction.customer_id).name == "Alexandra Sample"


def test_refusal_without_a_reason_is_asked_for_again() -> None:
    correction = a_pending_correction()
    client = signed_in(staff_who_opened(correction.customer))

    response = client.post(f"/queue/corrections/{correction.uuid}/", {"decision": "refuse", "reason": ""})

    assert "Say why" in text_of(response)
    correction.refresh_from_db()
    assert correction.is_pending


def test_sealed_values_stay_masked_on_the_decision_page() -> None:
    user, account = a_member()
    correction = correct(user, account.customer, "customer.tax_id", "12-3456789")

    page = text_of(signed_in(staff_who_opened(account.customer)).get(f"/queue/corrections/{correction.uuid}/"))

    assert "6789" in page
    assert "3456789" not in page


def test_request_is_confirmed_and_answered() -> None:
    request = an_open_request()
    client = signed_in(staff_who_opened(request.customer))

    client.post(f"/queue/requests/{request.uuid}/confirm/")
    client.post(f"/queue/requests/{request.uuid}/", {"answer": "Only you and our billing desk."})

    request.refresh_from_db()
    assert request.confirmed_at is not None
    assert request.answer == "Only you and our billing desk."


@pytest.mark.parametrize(("resolution", "phone"), [("keep", "555-010-9999"), ("take", "555-010-0000")])
def test_conflict_keeps_or_takes(staff: User, resolution: str, phone: str) -> None:
    conflict = a_conflict()
    open_for(staff, conflict.customer)

    signed_in(staff).post(f"/queue/conflicts/{conflict.uuid}/", {"resolution": resolution})

    assert Customer.objects.get(pk=conflict.customer_id).phone == phone
    conflict.refresh_from_db()
    assert (conflict.resolution, conflict.resolved_by) == (resolution, staff)


def test_conflict_is_decided_once(staff: User) -> None:
    conflict = a_conflict()
    open_for(staff, conflict.customer)
    client = signed_in(staff)
    client.post(f"/queue/conflicts/{conflict.uuid}/", {"resolution": "keep"})

    page = text_of(client.post(f"/queue/conflicts/{conflict.uuid}/", {"resolution": "take"}))

    assert "decided in the meantime" in page
    assert Customer.objects.get(pk=conflict.customer_id).phone == "555-010-9999"


def test_conflicting_sealed_values_are_neither_stored_nor_shown_in_clear(staff: User) -> None:
    conflict = a_conflict("tax_id", "12-3456789", "98-7654321")
    open_for(staff, conflict.customer)

    page = text_of(signed_in(staff).get(f"/queue/conflicts/{conflict.uuid}/"))

    assert "4321" in page
    assert "7654321" not in page
    assert b"7654321" not in bytes(FieldConflict.objects.values_list("offered_value", flat=True).get())
