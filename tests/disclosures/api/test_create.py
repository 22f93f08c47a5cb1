import io
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from disclosures.models import Release, ReleaseDenial, ReleaseLine
from tests.disclosures.api.requests import asked
from tests.disclosures.demands import taken_in
from tests.disclosures.factories import REQUESTER, Case
from tests.factories import AccountFactory, RecipientFactory, UserFactory
from tests.machines import machine

pytestmark = pytest.mark.django_db

RELEASES = "/api/v1/releases"


def test_a_release_is_made_and_named_with_its_line_and_package() -> None:
    case = Case()
    case.consented()
    response = machine("releases:write").send(RELEASES, asked(case))
    assert response.status_code == 201, response.content
    release = Release.objects.get()
    answer = response.json()
    assert answer["uuid"] == str(release.uuid)
    assert answer["lines"][0]["accounts"] == [case.account.number]
    assert answer["package"]["status"] == "pending"
    assert (release.actor_kind, release.actor_name) == ("client", "Billing system")


def test_a_refusal_is_a_409_with_every_missing_condition_and_is_kept() -> None:
    case = Case()
    response = machine("releases:write").send(RELEASES, asked(case))
    assert response.status_code == 409
    assert [condition["code"] for condition in response.json()["missing"]] == ["consent_missing"]
    assert str(ReleaseDenial.objects.get().uuid) == response.json()["uuid"]


def test_the_same_key_again_makes_nothing_twice_and_another_content_is_a_conflict() -> None:
    case = Case()
    case.consented()
    client = machine("releases:write")
    first = client.send(RELEASES, asked(case), key="order 7").json()["uuid"]
    assert client.send(RELEASES, asked(case), key="order 7").json()["uuid"] == first
    assert client.send(RELEASES, asked(case, format="csv"), key="order 7").status_code == 409
    assert Release.objects.count() == 1


def test_several_customers_go_out_in_one_release_with_a_line_each() -> None:
    case = Case()
    case.consented()
    other = Case(account=AccountFactory.create(), recipient=case.recipient)
    other.consented()
    body = asked(case, accounts=[], customers=[str(case.customer.uuid), str(other.customer.uuid)])
    assert machine("releases:write").send(RELEASES, body).status_code == 201
    assert {line.customer_id for line in ReleaseLine.objects.all()} == {case.customer.pk, other.customer.pk}


def a_pdf() -> bytes:
    with pikepdf.new() as document, io.BytesIO() as stream:
        document.add_blank_page()
        document.save(stream)
        return stream.getvalue()


def test_a_document_is_sent_along_with_a_legal_demand() -> None:
    case = Case(recipient=RecipientFactory.create(kind="court"))
    upload = SimpleUploadedFile("order.pdf", a_pdf())
    demand = taken_in(case.account, case.by, "warrant", recipient=case.recipient)
    body = asked(
        case,
        basis="warrant_or_court_order",
        purpose="legal_obligation",
        document=upload,
        demand=str(demand.uuid),
        field_ids=list(demand.field_ids),
    )
    body |= {f"requester.{name}": value for name, value in REQUESTER.as_json().items()}
    response = machine("releases:write").send(RELEASES, body, multipart=True)
    assert response.status_code == 201, response.content
    assert Release.objects.get().document is not None


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"accounts": ["0"]}, "accounts"),
        ({"accounts": []}, "customers"),
        ({"recipient": "nonsense"}, "recipient"),
        ({"purpose": "sell"}, "purpose"),
        ({"basis": "sale"}, "basis"),
        ({"field_ids": []}, "field_ids"),
        ({"data_to": "tomorrow"}, "data_to"),
        ({"format": "xlsx"}, "format"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_is_a_400_at_its_name(change: dict[str, Any], at: str) -> None:
    response = machine("releases:write").send(RELEASES, asked(Case(), **change))
    assert response.status_code == 400
    assert list(response.json()) == [at]
    assert not ReleaseDenial.objects.exists()


def test_a_client_of_an_auditor_releases_nothing() -> None:
    case = Case()
    case.consented()
    client = machine("releases:write", owner=UserFactory.create(auditor=True, bound=True))
    assert client.send(RELEASES, asked(case)).status_code == 403


def test_the_scope_to_read_does_not_release() -> None:
    assert machine("disclosures:read").send(RELEASES, asked(Case())).status_code == 403


def test_without_a_token_nothing_is_released() -> None:
    assert Client().post(RELEASES).status_code == 401
