"""The key store: data keys, wrapped, apart from the data they open.

A backup of the database does not carry these keys, so destroying a key makes every copy of what it sealed unreadable.
Keys are wrapped by the key-encryption key (RFC 3394, AES key wrap) and kept in a folder, one file a key.
"""

import os
from base64 import b64decode
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings

from protection.errors import KeyDestroyedError, TamperedError

_DATA_KEY_BYTES: Final = 32
SYSTEM_KEY: Final = UUID(int=1)


class FolderKeyStore:
    """Keep wrapped 256-bit data keys as files below `folder`, two levels deep."""

    def __init__(self, folder: Path, key_encryption_key: bytes) -> None:
        if len(key_encryption_key) != _DATA_KEY_BYTES:
            raise ValueError("The key-encryption key has 32 bytes, written in base64.")
        self._folder = folder
        self._wrapping_key = key_encryption_key
        self._unwrapped = lru_cache(maxsize=4096)(self._read)

    def create(self) -> UUID:
        """Make a new data key, safely on disk before this returns, and return its id."""
        key_id = uuid4()
        self._write(key_id)
        return key_id

    def system_key(self) -> UUID:
        """Return the id of the one key for values that belong to no customer and no file, made at first use."""
        if not self._path(SYSTEM_KEY).exists():
            with suppress(FileExistsError):
                self._write(SYSTEM_KEY)
        return SYSTEM_KEY

    def _write(self, key_id: UUID) -> None:
        """Write a new key under a draft's name and link it into place, so that nobody ever reads half of it.

        Raises FileExistsError when the key is there already: a key is never replaced.
        """
        path = self._path(key_id)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".") as draft:
            draft.write(aes_key_wrap(self._wrapping_key, os.urandom(_DATA_KEY_BYTES)))
            draft.flush()
            os.fsync(draft.fileno())
            os.link(draft.name, path)
        sync_folder(path.parent)
        sync_folder(self._folder)

    def get(self, key_id: UUID) -> bytes:
        """Return the 32 bytes of a key. Raises KeyDestroyedError when it is not there, also in a long-lived process."""
        if not self._path(key_id).exists():
            self._unwrapped.cache_clear()
            raise KeyDestroyedError("The key of this value was destroyed; the value cannot be read any more.")
        return self._unwrapped(key_id)

    def destroy(self, key_id: UUID) -> bool:
        """Remove a key for good; return whether it was there. Values sealed with it are unreadable from now on."""
        self._unwrapped.cache_clear()
        path = self._path(key_id)
        if not path.exists():
            return False
        path.unlink()
        sync_folder(path.parent)
        return True

    def _read(self, key_id: UUID) -> bytes:
        try:
            return aes_key_unwrap(self._wrapping_key, self._path(key_id).read_bytes())
        except FileNotFoundError as error:
            raise KeyDestroyedError("The key of this value was destroyed; it cannot be read any more.") from error
        except InvalidUnwrap as error:
            raise TamperedError(
                "A data key does not open: it was altered, or made with another RESGUARDO_KEY_ENCRYPTION_KEY."
            ) from error

    def _path(self, key_id: UUID) -> Path:
        return self._folder / key_id.hex[:2] / key_id.hex


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _store(folder: str, key_encryption_key: str) -> FolderKeyStore:
    return FolderKeyStore(Path(folder), b64decode(key_encryption_key))


def key_store() -> FolderKeyStore:
    """Return this deployment's key store, as the settings name it."""
    return _store(str(settings.KEYSTORE_DIR), settings.KEY_ENCRYPTION_KEY)
