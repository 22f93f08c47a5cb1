"""Step 5: an auditor filters the history and exports it; anybody checks the export without the portal."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from disclosures.models import HistoryExport
from disclosures.tasks import build_history_export
from ledger.models import Entry
from ledger.sealing import seal_entries
from protection.rowsecurity import provider_rows
from tests.conftest import ActAs
from tests.disclosures.factories import Case
from tests.journeys.conftest import Visit
from tests.journeys.outsiders import verify
from tests.journeys.people import People

pytestmark = pytest.mark.browser
AFTER_IT = ("history.exported", "history.fetched")
"""What the ledger gets after the export's checkpoint: that it was built, and that the auditor fetched it."""


@pytest.fixture
def history(people: People, acting_as: ActAs) -> People:
    """One release to the recipient and one to another, of two customers, sealed in the ledger."""
    with provider_rows():
        for case in (Case(account=people.account, recipient=people.recipient), Case()):
            case.consented()
            case.released()
    with acting_as("worker"):
        seal_entries()
    return people


def test_auditor_exports_what_they_filtered_and_the_export_verifies(
    history: People, visit: Visit, acting_as: ActAs, tmp_path: Path
) -> None:
    auditor = visit(history.auditor)
    auditor.go("/audit/disclosures/")
    auditor.is_on("Search disclosures")
    auditor.fill("Account number", history.account.number)
    auditor.press("Show")
    auditor.is_on("Search disclosures")
    auditor.reads("One disclosure or refusal")
    row = auditor.page.get_by_role("row").last
    for text in (history.account.number, "Example Efficiency LLC", "Analyze your energy use", "Released"):
        expect(row).to_contain_text(text)

    auditor.follow("Export what is shown")
    auditor.is_on("Export the disclosure history")
    auditor.fill("What is the export for?", "Yearly report to the commission")
    auditor.press("Build the export")
    auditor.reads("of the export is built")
    with provider_rows():
        export = HistoryExport.objects.get()
    with acting_as("worker"):
        build_history_export(export.pk)
    auditor.page.reload()
    auditor.reads("Checkpoint of the ledger", "What it does not prove")
    archive = zipfile.ZipFile(io.BytesIO(auditor.download("Download the archive")))
    archive.extractall(tmp_path)

    rows = list(csv.DictReader((tmp_path / "disclosures.csv").read_text().splitlines()))
    entries = [json.loads(line) for line in (tmp_path / "entries.jsonl").read_text().splitlines()]
    lines = [entry["disclosure"] for entry in entries if "disclosure" in entry]
    manifest = json.loads((tmp_path / "manifest.json").read_text())["payload"]
    assert len(rows) == len(lines) == 1
    assert lines[0]["accounts"] == [history.account.number]
    assert manifest["filter"]["account"] == history.account.number
    assert manifest["checkpoint"]["size"] == Entry.objects.exclude(kind__in=AFTER_IT).count()
    assert "the complete history of subject" in verify(tmp_path / "manifest.json").stdout
    assert verify(tmp_path / "manifest.json").returncode == 0

    with (tmp_path / "disclosures.csv").open("a") as file:
        file.write("one more line\n")
    altered = verify(tmp_path / "manifest.json")
    assert altered.returncode == 1
    assert "disclosures.csv" in altered.stdout + altered.stderr
    auditor.reads_it_all_in_spanish()
