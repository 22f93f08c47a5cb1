import pytest
from django.test import Client

from disclosures.models import HistoryExport
from disclosures.services import build_export
from tests.disclosures.factories import Case
from tests.machines import machine

pytestmark = pytest.mark.django_db

EXPORTS = "/api/v1/exports"
WHY = "For the yearly audit"


@pytest.mark.database_role("worker")
def test_an_export_is_asked_for_built_and_fetched() -> None:
    case = Case()
    case.consented()
    case.released()
    client = machine("disclosures:read")
    response = client.send(EXPORTS, {"reason": WHY, "account": case.account.number}, key="audit 1")
    assert response.status_code == 202, response.content
    export = HistoryExport.objects.get()
    url = f"{EXPORTS}/{export.uuid}"
    assert client.send(EXPORTS, {"reason": WHY}, key="audit 1").json()["uuid"] == str(export.uuid)
    assert client.get(f"{url}/archive").status_code == 404
    build_export(export=export)
    answer = client.get(url).json()
    assert (answer["status"], answer["record_count"]) == ("finished", 1)
    assert answer["manifest"]["payload"]["filter"] == {"account": case.account.number}
    assert b"".join(client.get(f"{url}/archive").streaming_content).startswith(b"PK")
    assert [entry["uuid"] for entry in client.get(EXPORTS).json()["results"]] == [str(export.uuid)]


def test_an_export_states_a_reason() -> None:
    client = machine("disclosures:read")
    assert client.send(EXPORTS, {"reason": "short"}).status_code == 400
    assert client.send(EXPORTS, {}).json() == {"reason": ["This field is required."]}


def test_the_scope_to_release_exports_nothing() -> None:
    assert machine("releases:write").send(EXPORTS, {"reason": WHY}).status_code == 403


def test_without_a_token_nothing_is_exported() -> None:
    assert Client().get(EXPORTS).status_code == 401
