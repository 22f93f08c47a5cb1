import json
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.signing import public_bytes, receipt_key, sign_receipt
from ledger.verify import main

PROJECT = Path(__file__).parent.parent.parent

WITHOUT_DJANGO = """
import runpy, sys
sys.modules["django"] = None
sys.argv = ["ledger.verify", *sys.argv[1:]]
runpy.run_module("ledger.verify", run_name="__main__")
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A signed manifest beside the file that it names."""
    (tmp_path / "history.csv").write_bytes(b"who,what\r\n")
    payload = {"files": [{"name": "history.csv", "sha256": sha256(b"who,what\r\n").hexdigest()}], "count": 0}
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(sign_receipt(payload)), encoding="utf-8")
    return path


def altered(path: Path, change: Any) -> Path:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_untouched_export_is_valid(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(manifest)]) == 0
    assert "valid" in capsys.readouterr().out


def test_verifier_needs_no_django(manifest: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO, str(manifest)], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert "valid" in run.stdout


def test_altered_payload_is_told(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(altered(manifest, lambda document: document["payload"].update(count=1)))]) == 1
    assert "altered after it was signed" in capsys.readouterr().out


def test_altered_file_is_told(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (manifest.parent / "history.csv").write_bytes(b"who,what\r\nmore,\r\n")

    assert main([str(manifest)]) == 1
    assert "is not the file that was exported" in capsys.readouterr().out


def test_missing_file_is_told(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (manifest.parent / "history.csv").unlink()

    assert main([str(manifest)]) == 1
    assert "is missing" in capsys.readouterr().out


def test_forgers_own_key_is_told_from_the_published_one(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = b64encode(public_bytes(receipt_key().public_key())).decode()
    other = b64encode(public_bytes(Ed25519PrivateKey.generate().public_key())).decode()

    assert main([str(manifest), "--key", published]) == 0
    assert main([str(manifest), "--key", other]) == 1
    assert "not by the key you gave" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("signature"),
        lambda document: document.pop("payload"),
        lambda document: document["signature"].update(value="AAAA"),
        lambda document: document["signature"].update(public_key="not base64"),
        lambda document: document.update(signature=None),
        lambda document: document["payload"].update(count=0.5),
    ],
)
def test_broken_envelope_is_told_in_words(manifest: Path, change: Any) -> None:
    assert main([str(altered(manifest, change))]) == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b"{", b"1"])
def test_what_is_no_document_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)

    assert main([str(path)]) == 1


def test_files_are_looked_for_beside_the_manifest_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"secret")
    folder = tmp_path / "export"
    folder.mkdir()
    payload = {"files": [{"name": "../secret.txt", "sha256": sha256(b"secret").hexdigest()}]}
    path = folder / "manifest.json"
    path.write_text(json.dumps(sign_receipt(payload)), encoding="utf-8")

    assert main([str(path)]) == 1
