"""The public keys that outsiders check signatures with: kept by the sealer, published by the portal."""

from base64 import b64encode
from typing import Any

from django.conf import settings
from django.db import transaction

from ledger.models import PublicKey
from ledger.signing import checkpoint_key, public_bytes, receipt_key
from ledger.verify import fingerprint_of, key_name

Use = PublicKey.Use


@transaction.atomic
def record_keys() -> int:
    """Keep the public halves of the keys that the sealer signs with; return how many were new."""
    keys = {Use.RECEIPTS: receipt_key(), Use.CHECKPOINTS: checkpoint_key()}
    found = {use: public_bytes(key.public_key()) for use, key in keys.items()}
    known = {(use, bytes(key)) for use, key in PublicKey.objects.values_list("use", "public_key")}
    new = [PublicKey(use=use, public_key=key) for use, key in found.items() if (use, key) not in known]
    PublicKey.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def published_keys() -> dict[str, Any]:
    """Return `{"issuer", "origin", "keys": […]}`, as `python -m ledger.verify --keys` reads it, the newest first.

    The key that signs documents now is in it even before the sealer has run for the first time.
    """
    rows = PublicKey.objects.order_by("use", "-first_used_at", "-pk")
    keys = [_described(row.use, bytes(row.public_key), row.first_used_at.isoformat()) for row in rows]
    current = _described(Use.RECEIPTS, public_bytes(receipt_key().public_key()), "")
    if all(key["fingerprint"] != current["fingerprint"] for key in keys):
        keys.append(current)
    return {"issuer": settings.PROVIDER["name"], "origin": settings.LEDGER_ORIGIN, "keys": keys}


def _described(use: str, public: bytes, since: str) -> dict[str, str]:
    return {
        "use": str(use),
        "algorithm": "Ed25519",
        "key_id": key_name(public),
        "fingerprint": fingerprint_of(public),
        "public_key": b64encode(public).decode(),
        "since": since,
    }
