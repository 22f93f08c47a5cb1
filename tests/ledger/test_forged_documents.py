"""Documents that somebody else signed, and evidence that must have one form only."""

from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.canonical import canonical_bytes
from ledger.signing import key_id, public_bytes, receipt_key, sign_receipt
from ledger.verify import faults

PAYLOAD = {"certificate": "of nothing"}


def test_genuine_document_has_no_faults(tmp_path: Path) -> None:
    assert list(faults(sign_receipt(PAYLOAD), tmp_path)) == []


def test_document_under_a_borrowed_key_name_is_found_out(tmp_path: Path) -> None:
    forger = Ed25519PrivateKey.generate()
    signature = {
        "algorithm": "Ed25519",
        "key_id": key_id(receipt_key().public_key()),
        "public_key": b64encode(public_bytes(forger.public_key())).decode(),
        "value": b64encode(forger.sign(canonical_bytes(PAYLOAD))).decode(),
    }
    assert list(faults({"payload": PAYLOAD, "signature": signature}, tmp_path)) == [
        "The document names another key than the one that signed it."
    ]


def test_bytes_read_in_any_way_have_one_canonical_form() -> None:
    assert canonical_bytes(memoryview(b"\x01\xff")) == canonical_bytes(b"\x01\xff") == b'"01ff"'
