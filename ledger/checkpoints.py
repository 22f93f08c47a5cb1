"""Signed checkpoints in the C2SP formats tlog-checkpoint and signed-note. Pure functions over bytes.

A checkpoint is `origin`, size and base64 root on a line each, an empty line, and a signature line
`— name base64(key hash ‖ signature)`; the key hash is the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ED25519 = b"\x01"
_SIZE = re.compile("0|[1-9][0-9]*")
_DASH = "\N{EM DASH}"


class CheckpointError(ValueError):
    """The text is not a checkpoint, or no signature on it is by the given key."""


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose signature was verified: whose log, how many leaves, which root."""

    origin: str
    size: int
    root: bytes


def _key_hash(name: str, key: Ed25519PublicKey) -> bytes:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:4]


def sign_checkpoint(*, origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint's text, signed under the name `origin`."""
    note = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    signature = _key_hash(origin, key.public_key()) + key.sign(note.encode())
    return f"{note}\n{_DASH} {origin} {b64encode(signature).decode()}\n"


def open_checkpoint(text: str, key: Ed25519PublicKey) -> SignedCheckpoint:
    """Return what the checkpoint says once its signature by `key` holds; else raise CheckpointError."""
    note, separator, signatures = text.partition("\n\n")
    note += "\n"
    lines = note.splitlines()
    if not separator or len(lines) != 3 or not _SIZE.fullmatch(lines[1]):
        raise CheckpointError("This is not a checkpoint: it wants origin, size and root, then a signature.")
    own = [blob for line in signatures.splitlines() if (blob := _by_key(line, lines[0], key)) is not None]
    if not own or not all(_verifies(blob, note, key) for blob in own):
        raise CheckpointError("No signature on this checkpoint is by the given key.")
    return SignedCheckpoint(origin=lines[0], size=int(lines[1]), root=b64decode(lines[2]))


def _by_key(line: str, origin: str, key: Ed25519PublicKey) -> bytes | None:
    """Return the signature of a line that says it is by the key; None for another signer's."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or parts[1] != origin:
        return None
    try:
        blob = b64decode(parts[2], validate=True)
    except Base64Error:
        return None
    return blob[4:] if blob[:4] == _key_hash(origin, key) else None


def _verifies(signature: bytes, note: str, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, note.encode())
    except InvalidSignature:
        return False
    return True
