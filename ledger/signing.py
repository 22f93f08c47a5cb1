"""Ed25519 signatures: the sealer's key for checkpoints, the receipt key for everything signed at once.

One signed envelope serves receipts, certificates and manifests, so that the verifier need not know each package's
types: `{"payload": …, "signature": {"algorithm", "key_id", "value"}}`, signed over the canonical JSON of the payload.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from ledger.canonical import canonical_bytes, plain


@lru_cache(maxsize=4)
def _private_key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b64decode(seed))


def checkpoint_key() -> Ed25519PrivateKey:
    """Return the sealer's key, from RESGUARDO_CHECKPOINT_KEY (32 bytes in base64)."""
    return _private_key(settings.CHECKPOINT_KEY)


def receipt_key() -> Ed25519PrivateKey:
    """Return the key that signs receipts, certificates and manifests, from RESGUARDO_RECEIPT_KEY."""
    return _private_key(settings.RECEIPT_KEY)


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(key: Ed25519PublicKey) -> str:
    """Return the name of a key: the first 16 hexadecimal digits of the SHA-256 of its public bytes."""
    return sha256(public_bytes(key)).hexdigest()[:16]


def sign_receipt(payload: Mapping[str, object]) -> dict[str, object]:
    """Return the signed envelope around `payload`; `python -m ledger.verify FILE` checks it offline."""
    key = receipt_key()
    return {
        "payload": plain(payload),
        "signature": {
            "algorithm": "Ed25519",
            "key_id": key_id(key.public_key()),
            "public_key": b64encode(public_bytes(key.public_key())).decode(),
            "value": b64encode(key.sign(canonical_bytes(payload))).decode(),
        },
    }


def document_sha256(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 over a signed document's canonical JSON in hexadecimal digits, as the verifier prints it."""
    return sha256(canonical_bytes(document)).hexdigest()


def document_text(document: Mapping[str, Any]) -> str:
    """Return a signed document as the file that people are given: indented JSON with sorted names."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
