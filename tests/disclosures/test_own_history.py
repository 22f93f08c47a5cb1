"""Who has my data: what a customer sees, filters, takes away and can check without the portal."""

import csv
import io
import json
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pikepdf import Pdf

from accounts.models import AccountAct
from disclosures.errors import NotAllowedError
from disclosures.own_history import OwnFilter
from disclosures.services import hand_over_history
from ledger import verify
from ledger.actor import Actor
from ledger.heads import take_heads
from ledger.keys import record_keys
from ledger.sealing import seal_entries
from ledger.signing import sign_receipt
from protection.clock import provider_today
from tests.disclosures.factories import WHY, Case
from tests.factories import AccountFactory, MemberFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db
URL = "/who-has-my-data/"


def holder_of(case: Case) -> Client:
    return signed_in(MemberFactory.create(account=case.account).user)


def released(case: Case | None = None) -> Case:
    case = case or Case()
    case.consented()
    case.released()
    return case


def shown(client: Client, **query: str) -> str:
    return unescape(client.get(URL, query).content.decode())


def seal() -> None:
    """Seal all and take the heads, as happens every night."""
    record_keys()
    seal_entries()
    take_heads()
    seal_entries()


def taken(client: Client, form: str, **filters: str) -> Any:
    response = client.post(reverse("disclosures:history_download"), {"format": form, **filters})
    assert response.status_code == 200
    return response


def verified(document: dict[str, Any], folder: Path, capsys: Any) -> tuple[int, str]:
    path = folder / "who-has-my-data.json"
    path.write_text(json.dumps(document))
    status = verify.main([str(path)])
    return status, capsys.readouterr().out


def test_the_page_says_who_may_receive_who_received_and_who_looked() -> None:
    case = released()
    page = shown(holder_of(case))
    for text in (
        case.recipient.legal_name, "You agreed to it.", "Usage readings", WHY, "1 March 2025", "31 March 2025",
        "Running", case.clerk.get_full_name(), "The customer sent us a form.",
    ):  # fmt: skip
        assert text in page


def test_a_consent_that_was_withdrawn_is_no_running_one() -> None:
    case = Case()
    consent = case.consented()
    assert "Nobody by your consent." not in shown(holder_of(case))
    case.withdraw(consent)
    assert "Nobody by your consent." in shown(holder_of(case))


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ({"kind": "look"}, "Looks of our staff", "Your data was given out"),
        ({"kind": "disclosure"}, "Your data was given out once", "Who may receive your data</h2>"),
        ({"kind": "consent"}, "Who may receive your data</h2>", "Your data was given out"),
        ({"recipient": "nobody of this name"}, "Nothing matches", "Your data was given out"),
    ],
)
def test_a_filter_leaves_only_what_it_names(query: dict[str, str], there: str, gone: str) -> None:
    page = shown(holder_of(released()), **query)
    assert there in page
    assert gone not in page


def test_the_filters_period_has_both_its_days() -> None:
    client, today = holder_of(released()), provider_today()
    yesterday = today - timedelta(days=1)
    assert "given out once" in shown(client, first=today.isoformat(), last=today.isoformat())
    assert "given out once" not in shown(client, last=yesterday.isoformat())
    assert "Correct one of the two days" in shown(client, first=today.isoformat(), last=yesterday.isoformat())


def test_the_recipient_is_found_by_a_part_of_its_name() -> None:
    case = released()
    assert "given out once" in shown(holder_of(case), recipient=case.recipient.legal_name[3:12].upper())


def test_another_customers_history_is_not_there() -> None:
    stranger = released()
    client = holder_of(Case())
    assert client.get(URL, {"customer": str(stranger.customer.uuid)}).status_code == 404
    assert stranger.recipient.legal_name not in shown(client)


def test_the_page_costs_the_same_queries_whatever_it_shows() -> None:
    case = released()
    client, costs = holder_of(case), []
    client.get(URL)
    for number in (0, 30):
        for _ in range(number):
            case.released()
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_the_table_has_every_kind_of_line() -> None:
    case = released()
    text = taken(holder_of(case), "csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kind"] for row in rows] == ["consent", "disclosure", "look"]
    assert rows[1]["who"] == case.recipient.legal_name
    assert (rows[1]["data_from"], rows[1]["data_to"], rows[1]["why"]) == ("2025-03-01", "2025-04-01", WHY)


def test_the_table_has_only_what_the_filter_lets_through() -> None:
    text = taken(holder_of(released()), "csv", kind="look").content.decode()
    assert [row["kind"] for row in csv.DictReader(io.StringIO(text))] == ["look"]


@pytest.mark.database_role("worker")
def test_the_signed_file_proves_the_whole_history_without_the_portal(tmp_path: Path, capsys: Any) -> None:
    case = released()
    seal()
    document = taken(holder_of(case), "json").json()
    status, said = verified(document, tmp_path, capsys)
    assert status == 0, said
    assert f"the complete history of subject {bytes(case.customer.tag).hex()}" in said
    assert "1 disclosures and 0 refusals are told" in said
    (told,) = [line["disclosure"] for line in document["payload"]["entries"] if "disclosure" in line]
    assert (told["recipient"], told["reason"]) == (case.recipient.legal_name, WHY)
    assert document["payload"]["later"] == []


@pytest.mark.database_role("worker")
def test_what_came_after_the_heads_is_told_as_not_yet_proven(tmp_path: Path, capsys: Any) -> None:
    case = released()
    seal()
    case.released()
    document = taken(holder_of(case), "json").json()
    assert len(document["payload"]["later"]) == 1
    status, said = verified(document, tmp_path, capsys)
    assert status == 0
    assert "Stated, not proven: 1 later disclosures" in said


def test_before_the_first_sealing_the_file_says_that_nothing_is_proven(tmp_path: Path, capsys: Any) -> None:
    document = taken(holder_of(released()), "json").json()
    assert document["payload"]["proof"] is None
    status, said = verified(document, tmp_path, capsys)
    assert status == 0
    assert "NOT proven: the disclosures in it." in said


def _drop_last(payload: dict[str, Any]) -> None:
    payload["entries"].pop()


def _rename(payload: dict[str, Any]) -> None:
    next(line for line in payload["entries"] if "disclosure" in line)["disclosure"]["reason"] = "Other"


def _miscount(payload: dict[str, Any]) -> None:
    payload["counts"]["released"] = 0


def _claim_nothing(payload: dict[str, Any]) -> None:
    del payload["proof"]["history"]


@pytest.mark.database_role("worker")
@pytest.mark.parametrize("forge", [_drop_last, _rename, _miscount, _claim_nothing])
def test_who_signs_a_forged_file_anew_is_found_out_by_the_ledger(forge: Any, tmp_path: Path, capsys: Any) -> None:
    case = released()
    seal()
    payload = taken(holder_of(case), "json").json()["payload"]
    forge(payload)
    status, said = verified(sign_receipt(payload), tmp_path, capsys)
    assert status == 1, said


@pytest.mark.database_role("worker")
def test_the_paper_carries_the_signed_file(tmp_path: Path, capsys: Any) -> None:
    case = released()
    seal()
    with Pdf.open(io.BytesIO(taken(holder_of(case), "pdf").content)) as paper:
        inside = paper.attachments["who-has-my-data.json"].get_file().read_bytes()
    assert verified(json.loads(inside), tmp_path, capsys)[0] == 0


def test_what_was_taken_is_in_the_ledger() -> None:
    case = released()
    taken(holder_of(case), "csv")
    act = AccountAct.objects.get(kind="history.taken")
    assert act.customer == case.customer
    assert act.evidence_json["format"] == "csv"


def test_nobody_takes_a_strangers_history() -> None:
    stranger = MemberFactory.create(account=AccountFactory.create()).user
    with pytest.raises(NotAllowedError):
        hand_over_history(customer=released().customer, form="csv", filters=OwnFilter(), by=Actor.of(stranger))


def test_an_unknown_form_is_refused() -> None:
    response = holder_of(released()).post(reverse("disclosures:history_download"), {"format": "exe"})
    assert response.status_code == 400


def test_a_page_knows_its_number_and_how_many_there_are() -> None:
    case = released()
    for _ in range(27):
        case.released()
    client = holder_of(case)
    for asked, number, rows in (("", 1, 25), ("2", 2, 3), ("9", 2, 3), ("nonsense", 1, 25), ("0", 1, 25)):
        page = client.get(URL, {"page": asked}).context["page"]
        assert (page.number, len(page.object_list), page.paginator.count) == (number, rows, 28), asked
