"""Authenticated encryption of single values: AES-256-GCM-SIV (RFC 8452).

A sealed value is `version (1 byte) ‖ key id (16 bytes) ‖ nonce (12 bytes) ‖ ciphertext and tag`. The additional data
binds the value to its place (field id and row), so that a value copied to another row or field does not open.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from protection.errors import TamperedError
from protection.keystore import key_store

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(_VERSION) + 16 + _NONCE_BYTES


def seal(plaintext: bytes, *, key_id: UUID, place: bytes) -> bytes:
    """Encrypt `plaintext` under the key `key_id`, bound to `place`. Raises KeyDestroyedError when the key is gone."""
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCMSIV(key_store().get(key_id))
    return _VERSION + key_id.bytes + nonce + cipher.encrypt(nonce, plaintext, _VERSION + place)


def is_sealed(value: bytes) -> bool:
    """Say whether these bytes have the form of a sealed value, whether or not they open."""
    return len(value) >= _HEADER_BYTES + _TAG_BYTES and value[:1] == _VERSION


def open_sealed(sealed: bytes, *, place: bytes) -> bytes:
    """Decrypt a sealed value.

    Raises TamperedError when it was altered or moved, KeyDestroyedError when its key is gone.
    """
    if not is_sealed(sealed):
        raise TamperedError("This is not a sealed value of a known version.")
    key_id = UUID(bytes=sealed[1:17])
    nonce = sealed[17:_HEADER_BYTES]
    try:
        return AESGCMSIV(key_store().get(key_id)).decrypt(nonce, sealed[_HEADER_BYTES:], _VERSION + place)
    except InvalidTag as error:
        raise TamperedError("A sealed value was altered, moved or cut; nothing of it can be trusted.") from error
