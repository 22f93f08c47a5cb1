"""The verifier as one file: it runs alone, and the same source always gives the same bytes."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from django.test import Client

from ledger.signing import sign_receipt
from ledger.verifier import FILE_NAME, main, verifier

ALONE = [sys.executable, "-I"]
"""Neither the folder one stands in nor the environment's PYTHONPATH: only what is installed, and the file."""


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """The verifier in a folder with nothing else of the project."""
    path = tmp_path / FILE_NAME
    assert main([str(path)]) == 0
    return path


def run(packed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*ALONE, packed.name, *arguments]
    return subprocess.run(command, cwd=packed.parent, capture_output=True, text=True, check=False)


def test_it_runs_alone_and_finds_a_document_valid(packed: Path) -> None:
    (packed.parent / "document.json").write_text(json.dumps(sign_receipt({"count": 1})), encoding="utf-8")

    done = run(packed, "document.json")

    assert (done.returncode, done.stderr) == (0, "")
    assert "document.json: valid." in done.stdout


def test_it_finds_an_altered_document(packed: Path) -> None:
    document = {**sign_receipt({"count": 1}), "payload": {"count": 2}}
    (packed.parent / "document.json").write_text(json.dumps(document), encoding="utf-8")

    done = run(packed, "document.json")

    assert done.returncode == 1
    assert "altered after it was signed" in done.stdout


def test_it_says_how_it_is_called(packed: Path) -> None:
    assert f"usage: python {FILE_NAME} " in run(packed, "--help").stdout


def test_packing_in_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    project = Path(__file__).parent.parent.parent
    command = [sys.executable, "-m", "ledger.verifier", str(tmp_path / "again.pyz")]

    said = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout

    assert (tmp_path / "again.pyz").read_bytes() == verifier()
    assert said.split()[0] == sha256(verifier()).hexdigest()


def test_a_call_without_a_file_says_what_it_wants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert FILE_NAME in capsys.readouterr().err


@pytest.mark.django_db
def test_anybody_downloads_what_the_page_states(client: Client) -> None:
    answer = client.get("/keys/verifier")

    assert answer.content == verifier()
    assert sha256(answer.content).hexdigest() in client.get("/keys/").content.decode()
