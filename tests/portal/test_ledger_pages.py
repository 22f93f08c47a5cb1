"""The ledger's pages for auditors, and the proof that they hand out."""

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ledger import verify
from ledger.keys import published_keys, record_keys
from ledger.models import Entry
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, record
from portal.ledger_pages import PER_PAGE
from tests.disclosures.factories import WHY, Case
from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


def auditor() -> Client:
    return signed_in(UserFactory.create(auditor=True, bound=True))


def shown(client: Client, name: str, **arguments: Any) -> str:
    query = arguments.pop("query", {})
    response = client.get(reverse(f"ledger:{name}", kwargs=arguments), query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def an_entry(kind: str = "thing.done") -> int:
    return record(kind=kind, subject_tag=PROVIDER_TAG, evidence={"what": "this"}).entry_id


def test_the_list_shows_the_newest_first_and_goes_on_where_it_ended() -> None:
    ids = [an_entry() for _ in range(PER_PAGE + 3)]
    client = auditor()
    response = client.get(reverse("ledger:entry_list"), {"kind": "thing.done"})
    assert [entry.pk for entry in response.context["entries"]] == ids[:2:-1]
    rest = client.get(reverse("ledger:entry_list"), {"kind": "thing", "before": response.context["next_before"]})
    assert [entry.pk for entry in rest.context["entries"]] == ids[2::-1]
    assert rest.context["next_before"] is None


def test_a_kind_that_is_none_is_an_error() -> None:
    page = shown(auditor(), "entry_list", query={"kind": "Not A Kind"})
    assert "usa-error-message" in page


def test_an_entrys_page_says_what_it_says_and_where_it_stands() -> None:
    case = Case()
    case.consented()
    release = case.released()
    client = auditor()
    assert "Waiting for a checkpoint" in shown(client, "entry_detail", entry=release.entry_id)
    seal_entries()
    page = shown(client, "entry_detail", entry=release.entry_id)
    assert WHY in page
    assert "From the leaf to the root" in page
    line = release.lines.get()
    assert "it commits to its release" in shown(client, "entry_detail", entry=line.entry_id)


def test_an_entry_whose_row_is_gone_says_so() -> None:
    assert "it was purged" in shown(auditor(), "entry_detail", entry=an_entry())


def test_an_unknown_entry_is_not_there() -> None:
    assert auditor().get(reverse("ledger:entry_detail", kwargs={"entry": 999_999_999})).status_code == 404


def handed_out(client: Client, entry: int) -> Any:
    return client.get(reverse("ledger:entry_proof", kwargs={"entry": entry}))


def test_the_proof_is_checked_without_the_portal_and_an_altered_one_fails(tmp_path: Path, capsys: Any) -> None:
    case = Case()
    case.consented()
    release = case.released()
    client = auditor()
    assert handed_out(client, release.entry_id).status_code == 409
    record_keys()
    seal_entries()
    (tmp_path / "keys.json").write_text(json.dumps(published_keys()))
    document = handed_out(client, release.entry_id).json()
    assert json.loads(document["line"]["evidence"])["reason"] == WHY
    file = tmp_path / "entry.json"
    for spoil, status in ((False, 0), (True, 1)):
        if spoil:
            document["line"]["evidence"] = document["line"]["evidence"].replace(WHY, "Another reason")
        file.write_text(json.dumps(document))
        assert verify.main([str(file), "--keys", str(tmp_path / "keys.json")]) == status
    assert "is in the log as it stands" in capsys.readouterr().out


def test_an_entry_is_not_checked_without_the_published_keys(tmp_path: Path, capsys: Any) -> None:
    entry = an_entry()
    seal_entries()
    (tmp_path / "entry.json").write_bytes(handed_out(auditor(), entry).content)
    assert verify.main([str(tmp_path / "entry.json")]) == 1
    assert "--keys" in capsys.readouterr().out


def test_looking_into_an_entry_is_recorded() -> None:
    entry = an_entry()
    shown(auditor(), "entry_detail", entry=entry)
    assert Entry.objects.filter(kind="history.searched").exists()
