"""Signatures of webhooks, as the Standard Webhooks specification has them: HMAC-SHA-256 over id, time and body."""

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a fresh secret in the form in which it is handed over."""
    return _PREFIX + b64encode(os.urandom(_BYTES)).decode()


def headers_of(message_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers; while a secret is being replaced there is one signature by each."""
    signatures = " ".join(_signature(message_id, timestamp, body, secret) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def _signature(message_id: str, timestamp: int, body: bytes, secret: str) -> str:
    key = b64decode(secret.removeprefix(_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()
