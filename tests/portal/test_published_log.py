"""Anybody can keep a checkpoint and find out later whether the past was rewritten."""

import json
from pathlib import Path

import pytest
from django.test import Client

from ledger.checkpoints import open_checkpoint
from ledger.keys import record_keys
from ledger.proofs import are_consistent
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, commitment_of, new_tag, record
from ledger.signing import checkpoint_key, sign_receipt
from ledger.verify import main as verify

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


def seal(count: int) -> None:
    for number in range(count):
        record(kind="a.done", subject_tag=PROVIDER_TAG, evidence={"number": number})
    seal_entries()


def test_a_kept_checkpoint_is_proven_to_begin_the_newest(client: Client) -> None:
    key = checkpoint_key().public_key()
    seal(5)
    kept = open_checkpoint(client.get("/ledger/checkpoint").content.decode(), key)
    seal(20)
    newest = open_checkpoint(client.get("/ledger/checkpoint").content.decode(), key)

    proof = client.get(f"/ledger/consistency/{kept.size}/{newest.size}").json()

    path = [bytes.fromhex(node) for node in proof["path"]]
    assert are_consistent(kept.size, kept.root, newest.size, newest.root, path)
    assert open_checkpoint(client.get("/ledger/checkpoint/5").content.decode(), key) == kept


@pytest.mark.parametrize("address", ["checkpoint", "checkpoint/7", "consistency/5/7", "consistency/0/5"])
def test_what_was_never_signed_is_not_there(client: Client, address: str) -> None:
    if address != "checkpoint":
        seal(5)

    assert client.get(f"/ledger/{address}").status_code == 404


@pytest.fixture
def files(client: Client, tmp_path: Path) -> dict[str, str]:
    """A certificate's document, the published keys and the proof of its entry, as an outsider downloads them."""
    witness = record(kind="purge.completed", subject_tag=PROVIDER_TAG, evidence={"dropped": 3})
    seal(3)
    record_keys()
    commitment = commitment_of(witness.salt, witness.evidence).hex()
    ledger = {"entry": witness.entry_id, "kind": "purge.completed", "commitment": commitment}
    contents = {
        "document": json.dumps(sign_receipt({"type": "example", "ledger": ledger})),
        "keys": client.get("/.well-known/resguardo-keys.json").content.decode(),
        "proof": client.get(f"/ledger/inclusion/{witness.entry_id}").content.decode(),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(content)
    return {name: str(tmp_path / f"{name}.json") for name in contents}


def verified(files: dict[str, str]) -> int:
    return verify([files["document"], "--keys", files["keys"], "--proof", files["proof"]])


def test_an_outsider_sees_that_the_log_holds_the_entry_a_document_names(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(files) == 0
    assert "the ledger's signed tree holds the entry" in capsys.readouterr().out


@pytest.mark.parametrize(("member", "value"), [("commitment", "00" * 32), ("kind", "a.done"), ("log_index", 1)])
def test_a_proof_of_something_else_is_refused(files: dict[str, str], member: str, value: object) -> None:
    proof = json.loads(Path(files["proof"]).read_text())
    proof["line"][member] = value
    Path(files["proof"]).write_text(json.dumps(proof))

    assert verified(files) == 1


def test_entries_of_customers_are_not_handed_out(client: Client) -> None:
    witness = record(kind="a.done", subject_tag=new_tag(), evidence={})
    seal(1)

    assert client.get(f"/ledger/inclusion/{witness.entry_id}").status_code == 404
