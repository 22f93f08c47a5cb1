"""Anybody can keep a checkpoint and find out later whether the past was rewritten."""

import pytest
from django.test import Client

from ledger.checkpoints import open_checkpoint
from ledger.proofs import are_consistent
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, record
from ledger.signing import checkpoint_key

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
