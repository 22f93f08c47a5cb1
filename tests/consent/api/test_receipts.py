import json
from pathlib import Path
from uuid import uuid4

import pytest

from consent.models import Receipt
from consent.services import withdraw_consent
from ledger.actor import Actor
from tests.consent.factories import granted, staff_with
from tests.machines import machine

pytestmark = pytest.mark.django_db

RECEIPTS = "/api/v1/receipts"


def test_receipts_are_listed_narrowed_and_read() -> None:
    first, second = granted(), granted()
    withdraw_consent(consent=second, by=Actor.of(staff_with(second.customer)))
    client = machine("consents:read")

    def found(query: str = "") -> list[tuple[str, str]]:
        return [(one["consent"], one["kind"]) for one in client.get(RECEIPTS + query).json()["results"]]

    given, ended = (str(second.uuid), "grant"), (str(second.uuid), "withdraw")
    assert sorted(found()) == sorted([(str(first.uuid), "grant"), given, ended])
    assert sorted(found(f"?consent={second.uuid}")) == sorted([given, ended])
    assert found(f"?customer={second.customer.uuid}&kind=withdraw") == [ended]
    assert found(f"?recipient={first.recipient.uuid}") == [(str(first.uuid), "grant")]
    assert client.get(f"{RECEIPTS}?kind=nonsense").status_code == 400
    receipt = Receipt.objects.get(version=first.current_version)
    assert client.get(f"{RECEIPTS}/{receipt.uuid}").json()["number"] == 1


def test_a_document_is_the_signed_one_word_for_word(tmp_path: Path) -> None:
    receipt = Receipt.objects.get(version=granted().current_version)
    answer = machine("consents:read").get(f"{RECEIPTS}/{receipt.uuid}/document")
    assert json.loads(answer.content) == receipt.document


def test_receipts_take_the_scope_to_read() -> None:
    receipt = Receipt.objects.get(version=granted().current_version)
    client = machine("consents:write")
    for address in (RECEIPTS, f"{RECEIPTS}/{receipt.uuid}", f"{RECEIPTS}/{receipt.uuid}/document"):
        assert client.get(address).status_code == 403
    assert machine("consents:read").get(f"{RECEIPTS}/{uuid4()}").status_code == 404


def test_pages_go_on_where_the_last_one_ended() -> None:
    for _ in range(3):
        granted()
    client = machine("consents:read")
    from_cursor = client.get(RECEIPTS).json()
    assert from_cursor["next"] is None
    assert len(from_cursor["results"]) == 3
