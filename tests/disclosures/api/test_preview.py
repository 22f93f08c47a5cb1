import pytest
from django.test import Client

from disclosures.models import Release, ReleaseDenial
from tests.disclosures.api.requests import asked
from tests.disclosures.factories import FIELDS, Case
from tests.machines import machine

pytestmark = pytest.mark.django_db

PREVIEW = "/api/v1/releases/preview"


def test_an_allowed_release_is_previewed_with_what_would_go_out() -> None:
    case = Case()
    case.consented()
    response = machine("releases:write").send(PREVIEW, asked(case))
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer["allowed"] is True
    assert set(answer["effective_field_ids"]) == set(FIELDS)
    assert answer["shares"][0]["customer"] == str(case.customer.uuid)
    assert not Release.objects.exists()


def test_a_refused_release_is_previewed_with_every_missing_condition() -> None:
    case = Case()
    answer = machine("releases:write").send(PREVIEW, asked(case)).json()
    assert (answer["allowed"], answer["shares"]) == (False, [])
    assert [condition["code"] for condition in answer["missing"]] == ["consent_missing"]
    assert answer["missing"][0]["action"]
    assert not ReleaseDenial.objects.exists()


def test_the_scope_to_read_does_not_ask() -> None:
    assert machine("disclosures:read").send(PREVIEW, asked(Case())).status_code == 403


def test_without_a_token_nothing_is_answered() -> None:
    assert Client().post(PREVIEW).status_code == 401
