"""A question or a complaint about one line of the disclosure history."""

from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import AccountAct
from disclosures.errors import ReleaseDenied
from disclosures.models import ReleaseLine
from ledger.actor import Actor
from rights.errors import NotAllowedError
from rights.models import RightsRequest
from rights.services import file_request
from tests.disclosures.factories import Case
from tests.factories import MemberFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db

TEXT = "I never wanted them to have this."


def a_line() -> tuple[Case, ReleaseLine]:
    case = Case()
    case.consented()
    return case, case.released().lines.get()


def holder(case: Case) -> Any:
    return MemberFactory.create(account=case.account).user


def ask_url(line: ReleaseLine) -> str:
    return reverse("rights:line_ask", kwargs={"entry": line.entry_id})


def complaint(case: Case, line: ReleaseLine) -> RightsRequest:
    return file_request(customer=case.customer, kind="complaint", text=TEXT, by=Actor.of(holder(case)), line=line)


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize("kind", ["inquiry", "complaint"])
def test_a_customer_asks_about_a_line_and_sees_which(kind: str) -> None:
    case, line = a_line()
    client = signed_in(holder(case))
    assert ask_url(line) in text_of(client.get(reverse("disclosures:history")))
    assert case.recipient.legal_name in text_of(client.get(ask_url(line)))
    page = text_of(client.post(ask_url(line), {"kind": kind, "text": TEXT}, follow=True))
    request = RightsRequest.objects.get()
    assert (request.kind, request.line_entry_id, request.customer) == (kind, line.entry_id, case.customer)
    assert TEXT in page
    assert case.recipient.legal_name in page


def test_another_customers_line_is_not_there() -> None:
    _case, line = a_line()
    client = signed_in(MemberFactory.create().user)
    assert client.get(ask_url(line)).status_code == 404
    assert client.post(ask_url(line), {"kind": "inquiry", "text": TEXT}).status_code == 404


def test_the_service_takes_no_line_of_another() -> None:
    _case, line = a_line()
    other = Case()
    with pytest.raises(NotAllowedError):
        complaint(other, line)


def test_the_database_takes_no_line_of_another() -> None:
    case, line = a_line()
    other, _its = a_line()
    request = complaint(other, _its)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE rights_rightsrequest SET line_entry_id = %s WHERE id = %s", [line.entry_id, request.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=request.pk).update(customer=case.customer)


def staff_of(case: Case) -> Client:
    return signed_in(case.clerk)


def stop_url(request: RightsRequest) -> str:
    return reverse("rights:recipient_stop", kwargs={"uuid": request.uuid})


def test_staff_stop_the_recipient_from_the_complaint() -> None:
    case, line = a_line()
    request, client = complaint(case, line), staff_of(case)
    answer_url = reverse("rights:request_answer", kwargs={"uuid": request.uuid})
    assert stop_url(request) in text_of(client.get(answer_url))
    response = client.post(stop_url(request), {"reason": "A customer complains about it."})
    assert response.url == answer_url
    case.recipient.refresh_from_db()
    assert case.recipient.is_stopped
    assert AccountAct.objects.filter(kind="recipient.stopped").exists()
    with pytest.raises(ReleaseDenied):
        case.released()
    assert "is stopped: it gets nothing more" in text_of(client.get(answer_url))


def test_a_stop_without_a_reason_stops_nothing() -> None:
    case, line = a_line()
    response = staff_of(case).post(stop_url(complaint(case, line)), {"reason": "no"})
    assert response.status_code == 200
    case.recipient.refresh_from_db()
    assert not case.recipient.is_stopped


def test_an_inquiry_offers_no_stop() -> None:
    case, line = a_line()
    by = Actor.of(holder(case))
    request = file_request(customer=case.customer, kind="inquiry", text=TEXT, by=by, line=line)
    url = reverse("rights:request_answer", kwargs={"uuid": request.uuid})
    assert stop_url(request) not in text_of(staff_of(case).get(url))


def test_a_case_about_no_line_has_nothing_to_stop() -> None:
    case = Case()
    request = file_request(customer=case.customer, kind="complaint", text=TEXT, by=Actor.of(holder(case)))
    assert staff_of(case).get(stop_url(request)).status_code == 404


def test_the_same_words_about_two_lines_are_two_requests() -> None:
    case, line = a_line()
    second = case.released().lines.get()
    user = Actor.of(holder(case))
    for one in (line, second, second):
        file_request(customer=case.customer, kind="complaint", text=TEXT, by=user, line=one)
    assert RightsRequest.objects.count() == 2
