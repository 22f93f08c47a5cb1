"""The link by which a customer refuses messages without signing in.

Its token is sealed (AES-256-GCM-SIV): it shows neither whom nor what it is about, cannot be made by anybody else, and
needs no row, so that it works as long as the portal has its key; former ones go on working as SECRET_KEY_FALLBACKS.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.urls import reverse
from django.utils.encoding import force_bytes

_PLACE = b"consent.unsubscribe.1"
_NONCE_BYTES = 12
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Which customer's messages, on which topic, a link refuses."""

    customer_id: int
    topic: str


def unsubscribe_url(customer_id: int, topic: str) -> str:
    """Return the whole address of the link in a message to a customer."""
    return settings.PUBLIC_ADDRESS + reverse("consent:unsubscribe", kwargs={"token": seal_link(customer_id, topic)})


def seal_link(customer_id: int, topic: str) -> str:
    """Return a link's token, another one each time."""
    nonce = os.urandom(_NONCE_BYTES)
    plaintext = customer_id.to_bytes(_ID_BYTES, "big") + topic.encode("ascii")
    sealed = nonce + AESGCMSIV(_key(settings.SECRET_KEY)).encrypt(nonce, plaintext, _PLACE)
    return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def open_link(token: str) -> Unsubscription | None:
    """Return what a token stands for; None for one that the portal did not make."""
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            plaintext = AESGCMSIV(_key(secret)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PLACE)
        except (InvalidTag, ValueError):
            continue
        return Unsubscription(int.from_bytes(plaintext[:_ID_BYTES], "big"), plaintext[_ID_BYTES:].decode("ascii"))
    return None


def _key(secret: str | bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_PLACE).derive(force_bytes(secret))
