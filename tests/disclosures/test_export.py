"""The auditor's export: what it contains, what it proves, and what it refuses."""

import csv
import json
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from lxml import etree
from pikepdf import Pdf

from accounts.models import AccountAct
from disclosures.errors import ExportGoneError, NotAllowedError, ReasonMissingError, ReleaseDenied
from disclosures.history import HistoryFilter
from disclosures.models import HistoryExport
from disclosures.packaging.workbook import workbook
from disclosures.selectors import history
from disclosures.services import build_export, claim_exports, fetch_export, release_disclosure, request_export
from disclosures.services.packages import ABANDONED_AFTER
from ledger import verify
from ledger.actor import Actor
from ledger.completeness import ProofError
from ledger.models import Entry
from ledger.services import commitment_of
from ledger.signing import sign_receipt
from ledger.verify_exports import check_export
from protection.clock import provider_today, transaction_time
from protection.files import open_file
from tests.disclosures.factories import Case
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


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
    arguments = [f"--{name}" if value is True else f"--{name}={value}" for name, value in given.items()]
    call_command("export_disclosures", *arguments, verbosity=0)
    payload: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["payload"]
    return payload


def lines_of(folder: Path, name: str = "entries.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def told_of(folder: Path) -> list[dict[str, Any]]:
    """Return the entries that tell of a disclosure."""
    return [line for line in lines_of(folder) if "disclosure" in line]


def verified(file: Path) -> int:
    command = [sys.executable, "-m", "ledger.verify", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def said_of(file: Path) -> str:
    """Return what the verifier says of a valid export."""
    command = [sys.executable, "-m", "ledger.verify", str(file)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_the_export_tells_every_disclosure_and_refusal_twice_and_counts_them(tmp_path: Path) -> None:
    a_history()
    payload = exported(tmp_path / "out")
    assert payload["counts"] == {"released": 1, "denied": 1, "total": 2}
    told = told_of(tmp_path / "out")
    assert sorted(line["disclosure"]["outcome"] for line in told) == ["denied", "released"]
    with (tmp_path / "out" / "disclosures.csv").open(newline="") as table:
        assert [row["entry"] for row in csv.DictReader(table)] == [str(line["entry"]) for line in told]


def test_the_database_writes_what_the_page_and_the_api_say(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    rows = {row.entry_id: row.as_json() for row in history(HistoryFilter())[:10]}
    for line in told_of(tmp_path / "out"):
        row = rows[line["entry"]]
        row["missing"] = [one["code"] for one in row["missing"]]
        row["at"] = row["at"].replace("Z", "+00:00")
        told = {name: value for name, value in line["disclosure"].items() if value != []}
        said = {name: value for name, value in row.items() if value not in (None, []) and name != "entry"}
        assert datetime.fromisoformat(told.pop("at")) == datetime.fromisoformat(said.pop("at"))
        assert told == said


def test_each_disclosure_opens_its_ledger_entry(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    (release,) = lines_of(tmp_path / "out", "releases.jsonl")
    made = commitment_of(bytes.fromhex(release["salt"]), release["evidence"].encode())
    assert bytes(Entry.objects.get(pk=release["entry"]).commitment) == made
    for line in told_of(tmp_path / "out"):
        about = made + bytes.fromhex(line["subject"]) if "release" in line else line["evidence"].encode()
        commitment = commitment_of(bytes.fromhex(line["salt"]), about)
        assert bytes(Entry.objects.get(pk=line["entry"]).commitment) == commitment


def test_the_whole_range_of_the_log_is_shown_and_proven(tmp_path: Path) -> None:
    a_history()
    exported(tmp_path / "out")
    lines = lines_of(tmp_path / "out")
    assert [line["log_index"] for line in lines] == list(range(Entry.objects.count() - 1))
    assert any("salt" not in line for line in lines)
    assert "all entries of the log from 0" in said_of(tmp_path / "out" / "manifest.json")


def test_one_customers_whole_history_is_proven(tmp_path: Path) -> None:
    case = a_history()
    payload = exported(tmp_path / "out", account=case.account.number)
    assert payload["counts"] == {"released": 1, "denied": 0, "total": 1}
    assert payload["filter"]["account"] == case.account.number
    said = said_of(tmp_path / "out" / "manifest.json")
    assert f"the complete history of subject {bytes(case.customer.tag).hex()}" in said


@pytest.mark.parametrize("name", ["entries.jsonl", "releases.jsonl", "cover.txt", "proof.json", "disclosures.csv"])
def test_a_forger_with_the_receipt_key_alone_cannot_leave_out_or_alter_a_line(name: str, tmp_path: Path) -> None:
    """The manifest is signed anew over the altered file: only the ledger's own signature is left to tell."""
    case = a_history()
    folder = tmp_path / "out"
    exported(folder, account=case.account.number)
    path = folder / name
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    document = json.loads((folder / "manifest.json").read_text())["payload"]
    for file in document["files"]:
        file["sha256"] = sha256((folder / file["name"]).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(sign_receipt(document)))
    assert verified(folder / "manifest.json") == (0 if name == "disclosures.csv" else 1)


@pytest.mark.parametrize(
    ("member", "value"),
    [("recipient_uuid", "0"), ("purpose", "other"), ("basis", "other"), ("reason", "Other"), ("outcome", "denied")],
)
def test_what_a_line_tells_must_be_what_the_ledger_commits_to(member: str, value: str, tmp_path: Path) -> None:
    a_history()
    folder = tmp_path / "out"
    payload = exported(folder)
    lines = lines_of(folder)
    next(line for line in lines if "release" in line)["disclosure"][member] = value
    (folder / "entries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ProofError, match=member):
        check_export(payload, lambda name: (folder / name).open("rb"))


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
    with open_file(archive) as stream:
        (tmp_path / "export.zip").write_bytes(stream.read())
    assert verified(tmp_path / "export.zip") == 0
    with zipfile.ZipFile(tmp_path / "export.zip") as opened:
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


def test_the_summary_is_a_paper_of_what_was_asked_and_counted(tmp_path: Path) -> None:
    case = a_history()
    payload = exported(tmp_path / "out")
    assert "summary.pdf" in {file["name"] for file in payload["files"]}
    with Pdf.open(tmp_path / "out" / "summary.pdf") as paper:
        inside = json.loads(paper.attachments["summary.json"].get_file().read_bytes())
    assert inside["payload"]["counts"] == payload["counts"]
    assert case.recipient.legal_name not in json.dumps(inside)
    (tmp_path / "summary.json").write_text(json.dumps(inside))
    assert verified(tmp_path / "summary.json") == 0


def cells_of(file: Path) -> list[list[list[str]]]:
    """Return the cells of each sheet; the workbook holds its texts in place, with no shared ones."""
    sheets = []
    with zipfile.ZipFile(file) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("xl/worksheets/sheet"))
        for name in names:
            rows = etree.fromstring(archive.read(name)).iter(f"{SHEET}row")
            sheets.append([["".join(cell.itertext()) for cell in row.iter(f"{SHEET}c")] for row in rows])
            assert not list(etree.fromstring(archive.read(name)).iter(f"{SHEET}f"))
    return sheets


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def test_the_workbook_has_the_cells_of_the_table_and_no_formula(tmp_path: Path) -> None:
    case = Case()
    case.consented()
    case.released(reason='=HYPERLINK("http://example.invalid") is what they wrote,\nin "two" lines')
    exported(tmp_path / "out", xlsx=True)
    with (tmp_path / "out" / "disclosures.csv").open(newline="") as table:
        rows = list(csv.reader(table))
    (sheet,) = cells_of(tmp_path / "out" / "disclosures.xlsx")
    assert [cell for row in sheet for cell in row if cell] == [cell for row in rows for cell in row if cell]


def test_a_full_sheet_goes_on_in_another_with_the_header_again(tmp_path: Path) -> None:
    rows = [b"name,number\r\n", *(f"row,{number}\r\n".encode() for number in range(5))]
    (tmp_path / "book.xlsx").write_bytes(b"".join(workbook(rows, most_rows=3)))
    sheets = cells_of(tmp_path / "book.xlsx")
    assert [len(sheet) for sheet in sheets] == [3, 3, 2]
    assert [sheet[0] for sheet in sheets] == [["name", "number"]] * 3
    assert [row[1] for sheet in sheets for row in sheet[1:]] == list("01234")


def test_the_workbook_comes_only_where_it_is_asked_for(tmp_path: Path) -> None:
    a_history()
    payload = exported(tmp_path / "out")
    assert not {file["name"] for file in payload["files"]} & {"disclosures.xlsx"}


def test_the_verifier_names_the_file_and_the_line_that_was_altered(tmp_path: Path, capsys: Any) -> None:
    a_history()
    folder = tmp_path / "out"
    exported(folder)
    lines = (folder / "entries.jsonl").read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if '"disclosure"' in line)
    lines[place] = lines[place].replace("energy_analysis", "research")
    (folder / "entries.jsonl").write_text("".join(lines))
    assert verify.main([str(folder / "manifest.json")]) == 1
    said = capsys.readouterr().out
    assert "entries.jsonl is not the file that was exported" in said
    assert f"entries.jsonl, line {place + 1}: " in said


def an_archive() -> tuple[HistoryExport, Actor]:
    a_history()
    auditor = Actor.of(UserFactory.create(auditor=True, bound=True))
    export = request_export(filters=HistoryFilter(), reason="For the yearly audit", by=auditor)
    build_export(export=export)
    export.refresh_from_db()
    return export, auditor


def test_each_fetching_is_recorded_and_ends_after_thirty_days() -> None:
    export, auditor = an_archive()
    assert fetch_export(export=export, by=auditor) == export.built.archive
    assert AccountAct.objects.get(kind="history.fetched").row_uuid == export.uuid
    HistoryExport.objects.filter(pk=export.pk).update(finished_at=export.finished_at - timedelta(days=30))
    export.refresh_from_db()
    with pytest.raises(ExportGoneError):
        fetch_export(export=export, by=auditor)


def test_who_is_no_auditor_fetches_nothing() -> None:
    export, _auditor = an_archive()
    with pytest.raises(NotAllowedError):
        fetch_export(export=export, by=Actor.of(UserFactory.create(staff=True, bound=True)))


def test_an_export_whose_worker_was_killed_is_built_by_the_next(tmp_path: Path) -> None:
    a_history()
    auditor = Actor.of(UserFactory.create(auditor=True, bound=True))
    export = request_export(filters=HistoryFilter(), reason="For the yearly audit", by=auditor)
    begun = HistoryExport.objects.filter(pk=export.pk)
    begun.update(status="running", attempts=1, started_at=transaction_time())
    assert claim_exports() == []
    begun.update(started_at=transaction_time() - ABANDONED_AFTER - timedelta(seconds=1))
    assert claim_exports() == [export.pk]
    build_export(export=export)
    export.refresh_from_db()
    assert (export.status, export.attempts) == ("finished", 2)
