"""The ledger over the API: what an auditor's own tools read, and that it checks out."""

from typing import Any
from uuid import uuid4

import pytest

from disclosures.errors import ReleaseDenied
from ledger.completeness import check_entries
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, record
from ledger.signing import checkpoint_key
from tests.disclosures.factories import WHY, Case
from tests.machines import machine

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]

LEDGER = "/api/v1/ledger"


def entries(count: int) -> list[int]:
    return [
        record(kind="thing.done", subject_tag=PROVIDER_TAG, evidence={"number": number}).entry_id
        for number in range(count)
    ]


def answered(path: str, status: int = 200) -> Any:
    response = machine("ledger:read").get(LEDGER + path)
    assert response.status_code == status, response.content
    return response.json()


def test_checkpoints_follow_each_other_by_cursor() -> None:
    for _ in range(3):
        entries(2)
        seal_entries()
    page = answered("/checkpoints?limit=2")
    rest = answered(f"/checkpoints?limit=2&cursor={page['next']}")
    sizes = [one["size"] for one in page["results"] + rest["results"]]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert rest["next"] is None


def test_entries_follow_each_other_by_cursor_and_kind() -> None:
    ids = entries(5)
    page = answered("/entries?kind=thing&limit=3")
    assert page["results"][0]["log_index"] is None
    seal_entries()
    rest = answered(f"/entries?kind=thing.done&limit=3&cursor={page['next']}")
    assert [one["entry"] for one in page["results"] + rest["results"]] == ids[::-1]
    assert all(one["log_index"] is not None for one in rest["results"])


def test_an_entry_comes_opened_with_a_proof_that_holds() -> None:
    case = Case()
    case.consented()
    release = case.released()
    answered(f"/entries/{release.entry_id}", status=409)
    seal_entries()
    answer = answered(f"/entries/{release.entry_id}")
    assert WHY in answer["line"]["evidence"]
    assert check_entries([answer["line"]], answer["proof"], checkpoint_key().public_key()).opened == 1


def test_a_range_comes_whole_with_a_proof_that_holds() -> None:
    entries(7)
    seal_entries()
    answer = answered("/range?start=2&end=6")
    checked = check_entries(answer["lines"], answer["proof"], checkpoint_key().public_key())
    assert (checked.entries, checked.opened) == (4, 0)
    answered("/range?start=5&end=50", status=409)


@pytest.mark.parametrize("query", ["", "?start=5&end=5", "?start=0&end=1001", "?start=-1&end=4"])
def test_what_is_no_range_is_a_400(query: str) -> None:
    answered(f"/range{query}", status=400)


def test_an_unknown_entry_is_a_404() -> None:
    answered("/entries/999999999", status=404)


@pytest.mark.parametrize("path", ["/checkpoints", "/entries", "/entries/1", "/range?start=0&end=1"])
def test_the_ledger_needs_its_own_scope(path: str) -> None:
    assert machine("disclosures:read").get(LEDGER + path).status_code == 403


def test_refusals_are_listed_with_what_was_missing() -> None:
    case = Case()
    denials = []
    for _ in range(2):
        with pytest.raises(ReleaseDenied) as refused:
            case.released()
        denials.append(refused.value.denial)
    client = machine("disclosures:read")
    listed = client.get("/api/v1/denials").json()["results"]
    assert [one["uuid"] for one in listed] == [str(denial.uuid) for denial in denials[::-1]]
    one = client.get(f"/api/v1/denials/{denials[0].uuid}").json()
    assert {missing["code"] for missing in one["missing"]} == {"consent_missing"}
    assert one["recipient"] == str(case.recipient.uuid)
    assert client.get(f"/api/v1/denials/{uuid4()}").status_code == 404
    assert machine("ledger:read").get("/api/v1/denials").status_code == 403
