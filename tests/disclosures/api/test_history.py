import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from disclosures.errors import ReleaseDenied
from disclosures.services import release_disclosure
from protection.clock import provider_today
from tests.disclosures.factories import Case
from tests.machines import machine

pytestmark = pytest.mark.django_db

DISCLOSURES = "/api/v1/disclosures"


def a_history() -> tuple[Case, Case]:
    """Return a case with a release and one with a refused release."""
    case, other = Case(), Case()
    case.consented()
    case.released()
    with pytest.raises(ReleaseDenied):
        release_disclosure(request=other.request(), by=other.by)
    return case, other


def found(query: str = "") -> list[str]:
    response = machine("disclosures:read").get(DISCLOSURES + query)
    assert response.status_code == 200, response.content
    return [row["outcome"] for row in response.json()["results"]]


def test_releases_and_refusals_are_listed_newest_first_and_narrowed() -> None:
    case, other = a_history()
    today = provider_today().isoformat()
    assert found() == ["denied", "released"]
    assert found(f"?account={case.account.number}") == ["released"]
    assert found(f"?recipient={other.recipient.uuid}") == ["denied"]
    assert found("?outcome=denied&basis=written_consent&purpose=energy_analysis") == ["denied"]
    assert found(f"?from={today}") == ["denied", "released"]
    assert found(f"?to={today}") == []


def test_pages_follow_each_other_by_cursor_without_a_gap() -> None:
    case, _ = a_history()
    for _ in range(3):
        case.released()
    client, entries, cursor = machine("disclosures:read"), [], ""
    while cursor is not None:
        answer = client.get(f"{DISCLOSURES}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        entries += [row["entry"] for row in answer["results"]]
        cursor = answer["next"]
    assert len(entries) == 5
    assert entries == sorted(entries, reverse=True)


@pytest.mark.parametrize(
    "query", ["?account=0", "?recipient=nonsense", "?outcome=sold", "?from=2026-02-01&to=2026-01-01", "?limit=0"]
)
def test_a_filter_that_makes_no_sense_is_a_400(query: str) -> None:
    assert machine("disclosures:read").get(DISCLOSURES + query).status_code == 400


def test_a_list_costs_the_same_however_long_it_is() -> None:
    case, _ = a_history()
    client, costs = machine("disclosures:read"), []
    for _ in range(2):
        for _ in range(4):
            case.released()
        with CaptureQueriesContext(connection) as queries:
            client.get(DISCLOSURES)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_scope_to_release_does_not_read() -> None:
    assert machine("releases:write").get(DISCLOSURES).status_code == 403


def test_without_a_token_nothing_is_read() -> None:
    assert Client().get(DISCLOSURES).status_code == 401
