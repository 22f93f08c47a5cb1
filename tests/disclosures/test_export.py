"""The auditor's export: what it contains, what it proves, and what it refuses."""

import csv
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from disclosures.errors import NotAllowedError, ReasonMissingError, ReleaseDenied
from disclosures.history import HistoryFilter
from disclosures.models import HistoryExport
from disclosures.selectors import history
from disclosures.services import build_export, release_disclosure, request_export
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import commitment_of
from protection.clock import provider_today
from protection.files import open_file
from tests.disclosures.factories import Case
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def a_history() -> Case:
    """Return a case with one release and, of another customer, one refused release."""
    case, other = Case(), Case()
    case.consented()
    case.released()
    with pytest.raises(ReleaseDenied):
        release_disclosure(request=other.request(), by=other.by)
    return case


def exported(folder: Path, **options: Any) -> dict[str, Any]:
    """Run the command for today and return the manifest's payload."""
    today = provider_today().isoformat()
    given = {"from": today, "to": today, "out": str(folder), **options}
    call_command("export_disclosures", *[f"--{name}={value}" for name, value in given.items()], verbosity=0)
    payload: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["payload"]
    return payload


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "disclosures.jsonl").read_text().splitlines()]


def verified(manifest: Path) -> int:
    command = [sys.executable, "-m", "ledger.verify", str(manifest)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_the_export_holds_every_disclosure_and_refusal_twice_and_counts_them(tmp_path: Path) -> None:
    a_history()
    payload = exported(tmp_path / "out")
    assert payload["counts"] == {"released": 1, "denied": 1, "total": 2}
    rows = rows_of(tmp_path / "out")
    assert [row["outcome"] for row in rows] == ["released", "denied"]
    with (tmp_path / "out" / "disclosures.csv").open(newline="") as table:
        assert [row["entry"] for row in csv.DictReader(table)] == [str(row["entry"]) for row in rows]


def test_each_row_opens_its_ledger_entry(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    released, denied = (row["proof"] for row in rows_of(tmp_path / "out"))
    proof = released["release"]
    made = commitment_of(bytes.fromhex(proof["salt"]), proof["evidence"].encode())
    assert bytes(Entry.objects.get(pk=proof["entry"]).commitment) == made
    line = commitment_of(bytes.fromhex(released["salt"]), made + bytes.fromhex(released["subject"]))
    assert bytes(Entry.objects.get(pk=released["entry"]).commitment) == line
    own = commitment_of(bytes.fromhex(denied["salt"]), denied["evidence"].encode())
    assert bytes(Entry.objects.get(pk=denied["entry"]).commitment) == own


def test_the_manifest_verifies_offline_and_no_altered_file_does(tmp_path: Path) -> None:
    a_history()
    folder = tmp_path / "out"
    exported(folder)
    manifest = folder / "manifest.json"
    assert verified(manifest) == 0
    table = folder / "disclosures.csv"
    kept = table.read_bytes()
    table.write_bytes(kept.replace(b"released", b"denied"))
    assert verified(manifest) == 1
    table.write_bytes(kept)
    document = json.loads(manifest.read_text())
    document["payload"]["counts"]["released"] = 0
    manifest.write_text(json.dumps(document))
    assert verified(manifest) == 1


def test_the_export_is_itself_in_the_ledger(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    built = HistoryExport.objects.get().built
    assert Entry.objects.get(pk=built.entry_id).kind == "history.exported"
    assert built.evidence_json["manifest"] == json.loads((tmp_path / "out" / "manifest.json").read_text())


def test_an_account_narrows_the_export(tmp_path: Path) -> None:
    case = a_history()
    payload = exported(tmp_path / "out", account=case.account.number)
    assert payload["counts"] == {"released": 1, "denied": 0, "total": 1}
    assert payload["filter"]["account"] == case.account.number


def test_days_outside_the_period_stay_out(tmp_path: Path) -> None:
    a_history()
    yesterday = (provider_today() - timedelta(days=1)).isoformat()
    assert exported(tmp_path / "out", **{"from": yesterday, "to": yesterday})["counts"]["total"] == 0


def _unknown_account(folder: Path) -> dict[str, str]:
    return {"account": "0"}


def _full_folder(folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "old.txt").write_text("x")
    return {}


def _backwards(folder: Path) -> dict[str, str]:
    return {"from": "2026-02-01", "to": "2026-01-01"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [(_unknown_account, "no account 0"), (_full_folder, "not an empty folder"), (_backwards, "comes before the first")],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(spoil: Any, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    options = spoil(folder)
    with pytest.raises(CommandError, match=message):
        exported(folder, **options)
    assert not (folder / "manifest.json").exists()
    assert not HistoryExport.objects.exists()


def test_the_auditors_export_is_a_sealed_archive_of_the_same_files(tmp_path: Path) -> None:
    a_history()
    auditor = Actor.of(UserFactory.create(auditor=True, bound=True))
    export = request_export(filters=HistoryFilter(), reason="For the yearly audit", by=auditor)
    build_export(export=export)
    export.refresh_from_db()
    assert export.status == HistoryExport.Status.FINISHED
    archive = export.built.archive
    assert archive.retention_class == "export_files"
    with open_file(archive) as stream, zipfile.ZipFile(stream) as opened:
        opened.extractall(tmp_path)
    assert verified(tmp_path / "manifest.json") == 0
    named = {file["name"]: file["sha256"] for file in export.built.manifest["payload"]["files"]}
    assert named == {name: sha256((tmp_path / name).read_bytes()).hexdigest() for name in named}


@pytest.mark.parametrize("traits", [{"staff": True, "bound": True}, {"auditor": True}, {}])
def test_who_is_no_auditor_under_an_agreement_exports_nothing(traits: dict[str, bool]) -> None:
    with pytest.raises(NotAllowedError):
        request_export(filters=HistoryFilter(), reason="Just to look", by=Actor.of(UserFactory.create(**traits)))


def test_an_export_states_a_reason() -> None:
    auditor = Actor.of(UserFactory.create(auditor=True, bound=True))
    with pytest.raises(ReasonMissingError):
        request_export(filters=HistoryFilter(), reason="short", by=auditor)


def test_the_history_reads_newest_first_in_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    case = a_history()
    for _ in range(3):
        case.released()
    rows = history(HistoryFilter())
    with django_assert_num_queries(5):
        entries = [row.entry_id for row in rows[:4]]
    assert entries == sorted(entries, reverse=True)
    assert (len(entries), len(rows)) == (4, 5)
    rest = [row.entry_id for row in rows.before(entries[-1], 10)]
    assert len(rest) == 1


def test_what_an_export_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
