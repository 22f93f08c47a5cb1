"""The keys that outsiders check with: kept for ever, published to anybody, read by the verifier."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, transaction
from django.test import Client
from pytest_django import Settings

from ledger.keys import published_keys, record_keys
from ledger.models import PublicKey
from ledger.signing import public_bytes, receipt_key, sign_receipt
from ledger.tasks import seal
from ledger.verify import fingerprint_of, main
from tests.conftest import ActAs

pytestmark = pytest.mark.django_db


def another_seed() -> str:
    return b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def test_sealing_keeps_both_public_keys_once() -> None:
    seal()
    seal()
    assert sorted(PublicKey.objects.values_list("use", flat=True)) == ["checkpoints", "receipts"]


def test_a_rotated_key_stays_published(settings: Settings) -> None:
    record_keys()
    former = fingerprint_of(public_bytes(receipt_key().public_key()))
    settings.RECEIPT_KEY = another_seed()
    assert record_keys() == 1
    receipts = [key["fingerprint"] for key in published_keys()["keys"] if key["use"] == "receipts"]
    assert former in receipts
    assert len(receipts) == 2


def test_the_current_key_is_published_before_the_sealer_ran() -> None:
    (key,) = published_keys()["keys"]
    assert key["fingerprint"] == fingerprint_of(public_bytes(receipt_key().public_key()))


def test_anybody_fetches_the_list_and_checks_a_document_with_it(tmp_path: Path) -> None:
    record_keys()
    document, keys = tmp_path / "receipt.json", tmp_path / "resguardo-keys.json"
    document.write_text(json.dumps(sign_receipt({"receipt": "of something"})))
    keys.write_bytes(Client().get("/.well-known/resguardo-keys.json").content)
    assert main([str(document), "--keys", str(keys)]) == 0


def test_the_page_shows_fingerprints_to_anybody() -> None:
    record_keys()
    page = Client().get("/keys/").content.decode()
    for key in published_keys()["keys"]:
        assert key["fingerprint"] in page


def test_a_key_is_never_changed_or_removed() -> None:
    record_keys()
    for change in (PublicKey.objects.all().delete, lambda: PublicKey.objects.update(use="receipts")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_purge_records_no_keys(committed_database: str, acting_as: ActAs) -> None:
    with acting_as("purge"), pytest.raises(DatabaseError):
        record_keys()
