"""The pages of the controls."""

from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AccountAct, User
from portal.controls.catalogue import CONTROLS
from portal.controls.running import run_controls
from portal.models import ControlRun
from rights.models import RightsRequest
from tests.factories import UserFactory
from tests.rights.factories import an_open_request
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def auditor() -> User:
    return UserFactory.create(auditor=True, bound=True)


def shown(response: Any) -> str:
    assert response.status_code == 200
    return unescape(response.content.decode())


def an_overdue_request() -> RightsRequest:
    request = an_open_request()
    RightsRequest.objects.filter(pk=request.pk).update(due_on="2020-01-01")
    return request


def test_the_list_shows_every_control_with_its_last_run() -> None:
    client = signed_in(auditor())
    page = shown(client.get(reverse("controls")))
    assert page.count("Not asked yet") == len(CONTROLS)
    an_overdue_request()
    run_controls()
    ControlRun.objects.create(code="purges_late", found=None)
    page = shown(client.get(reverse("controls")))
    assert page.count("Found something") == 1
    assert page.count("Could not be asked") == 1
    assert page.count(">Holds<") == len(CONTROLS) - 2


def test_a_control_shows_what_it_finds_now_and_the_look_is_recorded() -> None:
    request = an_overdue_request()
    page = shown(signed_in(auditor()).get(reverse("control_detail", kwargs={"code": "answers_overdue"})))
    assert f"{request.customer} waits for an answer" in page
    assert "1 January 2020" in page
    act = AccountAct.objects.get(kind="history.searched")
    assert act.evidence_json["what"] == "control answers_overdue"


@pytest.mark.parametrize("code", CONTROLS)
def test_each_controls_page_says_that_it_finds_nothing(code: str) -> None:
    assert "It finds nothing" in shown(signed_in(auditor()).get(reverse("control_detail", kwargs={"code": code})))


def test_an_unknown_control_is_not_there() -> None:
    assert signed_in(auditor()).get("/controls/other/").status_code == 404


def test_a_button_has_them_run() -> None:
    assert signed_in(auditor()).post(reverse("controls")).url == reverse("controls")
