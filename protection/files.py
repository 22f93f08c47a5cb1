"""Sealed files: encrypted in chunks of one mebibyte, so that a file of any size is written and read in constant memory.

A chunk is `length (4 bytes, big-endian) ‖ nonce (12) ‖ ciphertext and tag` (AES-256-GCM-SIV over the deflated bytes).
Its additional data binds the file's UUID, the chunk's number and whether it is the last, so that chunks cannot be
reordered, moved or cut off. Deflating makes a feed some twenty times smaller; nobody can have a chosen text sealed
beside a secret and watch the length, which is what makes compression before encryption dangerous elsewhere.
"""

import io
import logging
import os
import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from django.conf import settings
from django.db import transaction

from protection.clock import transaction_time
from protection.errors import KeyDestroyedError, TamperedError
from protection.keystore import key_store, sync_folder
from protection.models import SealedFile

logger = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
_NONCE_BYTES = 12
_QUICKLY = 1


def seal_file(stream: BinaryIO, *, name: str, content_type: str, retention_class: str) -> SealedFile:
    """Encrypt `stream` to its end into the files folder, under a key of its own; return the saved row describing it.

    The encrypted file is complete and synced before the row is inserted; when the transaction rolls back, what is left
    is an unreadable orphan that the files check removes. A stream that breaks off leaves neither file nor key.
    """
    uuid, key_id = uuid4(), key_store().create()
    path = path_of(uuid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as target:
        try:
            digest, size = _encrypt(stream, target, uuid, AESGCMSIV(key_store().get(key_id)))
        except BaseException:
            Path(target.name).unlink()
            key_store().destroy(key_id)
            raise
    Path(target.name).replace(path)
    sync_folder(path.parent)
    sealed = SealedFile(uuid=uuid, key_id=key_id, sha256=digest, size=size)
    sealed.name, sealed.content_type, sealed.retention_class = name, content_type, retention_class
    sealed.save()
    return sealed


def _encrypt(stream: BinaryIO, target: IO[bytes], uuid: UUID, cipher: AESGCMSIV) -> tuple[str, int]:
    """Write the stream's chunks sealed to `target`, synced; return the SHA-256 and the size of what was read."""
    digest, size = sha256(), 0
    for number, chunk, is_last in _chunks(stream):
        digest.update(chunk)
        size += len(chunk)
        nonce = os.urandom(_NONCE_BYTES)
        body = nonce + cipher.encrypt(nonce, zlib.compress(chunk, _QUICKLY), _place(uuid, number, is_last))
        target.write(len(body).to_bytes(4, "big") + body)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size


def read_file(sealed: SealedFile) -> Iterator[bytes]:
    """Yield the file's chunks, decrypted. Raises TamperedError at the first chunk that is not what was written."""
    cipher = AESGCMSIV(key_store().get(sealed.key_id))
    try:
        source = path_of(sealed.uuid).open("rb")
    except FileNotFoundError as error:
        raise KeyDestroyedError("This file was disposed of; its bytes are gone.") from error
    with source:
        length, number = source.read(4), 0
        while length:
            body = source.read(int.from_bytes(length, "big"))
            length = source.read(4)
            try:
                place = _place(sealed.uuid, number, not length)
                yield zlib.decompress(cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], place))
            except (InvalidTag, ValueError) as error:
                raise TamperedError("A sealed file was altered or cut; what it held cannot be trusted.") from error
            number += 1
        if number == 0:
            raise TamperedError("A sealed file was emptied; what it held cannot be trusted.")


def open_file(sealed: SealedFile) -> BinaryIO:
    """Return a readable, seekable stream of the decrypted file; past one mebibyte it is spooled to an unnamed file."""
    stream = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES)  # noqa: SIM115 (the caller closes it)
    try:
        for chunk in read_file(sealed):
            stream.write(chunk)
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return stream  # type: ignore[return-value]


def seal_bytes(content: bytes, *, name: str, content_type: str, retention_class: str) -> SealedFile:
    """Seal a small file that is already in memory."""
    return seal_file(io.BytesIO(content), name=name, content_type=content_type, retention_class=retention_class)


def destroy_file(sealed: SealedFile) -> None:
    """Destroy the file's own key and bytes, and keep the row (hash, size, dates) as the record that it existed.

    The row is stamped in the caller's transaction; key and bytes go once that has committed.
    """
    sealed.destroyed_at = transaction_time()
    sealed.save(update_fields=["destroyed_at"])
    transaction.on_commit(lambda: _destroy(sealed.uuid, sealed.key_id))


def finish_destroying(since: datetime) -> int:
    """Destroy what the rows say was destroyed since a moment and is still there; return how many files that were.

    A process that dies between the commit that stamps a row and the act leaves key and bytes behind. A file that cannot
    be removed is logged, and does not keep the others.
    """
    count = 0
    for uuid, key_id in SealedFile.objects.filter(destroyed_at__gte=since).values_list("uuid", "key_id").iterator():
        try:
            count += _destroy(uuid, key_id)
        except OSError:
            logger.exception("The sealed file %s is recorded as destroyed and cannot be removed.", uuid)
    return count


def path_of(uuid: UUID) -> Path:
    """Return where the encrypted bytes of a file lie."""
    return Path(settings.FILES_DIR) / uuid.hex[:2] / uuid.hex


def _destroy(uuid: UUID, key_id: UUID) -> bool:
    """Destroy key and bytes; say whether either was there."""
    had_key, path = key_store().destroy(key_id), path_of(uuid)
    had_bytes = path.exists()
    path.unlink(missing_ok=True)
    return had_key or had_bytes


def _chunks(stream: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    number, chunk = 0, stream.read(CHUNK_BYTES)
    while True:
        following = stream.read(CHUNK_BYTES)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _place(uuid: UUID, number: int, is_last: bool) -> bytes:
    return b"file|" + uuid.bytes + number.to_bytes(8, "big") + bytes([is_last])
