"""The key store: data keys, wrapped, apart from the data they open.

A backup of the database does not carry these keys, so destroying a key makes every copy of what it sealed unreadable.
Keys are wrapped by the key-encryption key (RFC 3394, AES key wrap) and kept in a folder, one file a key. A file is
`name (8 bytes) ‖ wrapped key (40)`; the name is that of the key-encryption key, so that several may be in use while
one takes the place of another. Files of 40 bytes, written before there were names, are opened by whichever fits.
"""

import fcntl
import os
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings

from protection.errors import KeyDestroyedError, TamperedError

_DATA_KEY_BYTES: Final = 32
_WRAPPED_BYTES: Final = 40
_NAME_BYTES: Final = 8
SYSTEM_KEY: Final = UUID(int=1)


class FolderKeyStore:
    """Keep wrapped 256-bit data keys as files below `folder`, two levels deep.

    What is written is wrapped with `key_encryption_key`; what `former` ones wrapped is opened too.
    """

    def __init__(self, folder: Path, key_encryption_key: bytes, former: Sequence[bytes] = ()) -> None:
        if any(len(key) != _DATA_KEY_BYTES for key in (key_encryption_key, *former)):
            raise ValueError("A key-encryption key has 32 bytes, written in base64.")
        self._folder = folder
        self._wrapping_key = key_encryption_key
        self._name = _name_of(key_encryption_key)
        self._wrapping_keys = {_name_of(key): key for key in (key_encryption_key, *former)}
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
        with self._draft(path, os.urandom(_DATA_KEY_BYTES)) as draft:
            os.link(draft, path)
        sync_folder(path.parent)
        sync_folder(self._folder)

    @contextmanager
    def _draft(self, path: Path, data_key: bytes) -> Iterator[Path]:
        """Write a key, wrapped, beside `path` under a name of its own; whatever is left of it goes at the end."""
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
            try:
                draft.write(self._name + aes_key_wrap(self._wrapping_key, data_key))
                draft.flush()
                os.fsync(draft.fileno())
                yield Path(draft.name)
            finally:
                Path(draft.name).unlink(missing_ok=True)

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
        with _alone_in(path.parent):
            path.unlink(missing_ok=True)
        sync_folder(path.parent)
        return True

    def key_ids(self) -> Iterator[UUID]:
        """Yield the id of every key, in the order of the ids."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f]*")):
            yield UUID(path.name)

    def rewrap(self, key_id: UUID) -> bool:
        """Wrap a key with the key-encryption key of today; return whether a former one, or a nameless file, was there.

        A key destroyed meanwhile stays destroyed. Raises TamperedError for a key that nothing here opens.
        """
        path = self._path(key_id)
        with _alone_in(path.parent):
            if not path.exists() or path.read_bytes().startswith(self._name):
                return False
            with self._draft(path, self._read(key_id)) as draft:
                draft.replace(path)
            sync_folder(path.parent)
        return True

    def _read(self, key_id: UUID) -> bytes:
        try:
            content = self._path(key_id).read_bytes()
        except FileNotFoundError as error:
            raise KeyDestroyedError("The key of this value was destroyed; it cannot be read any more.") from error
        name, wrapped = content[:-_WRAPPED_BYTES], content[-_WRAPPED_BYTES:]
        for wrapping_key in self._candidates(name):
            with suppress(InvalidUnwrap):
                return aes_key_unwrap(wrapping_key, wrapped)
        raise TamperedError(
            "A data key does not open: it was altered, or wrapped with a key-encryption key that is neither"
            " RESGUARDO_KEY_ENCRYPTION_KEY nor among RESGUARDO_FORMER_KEY_ENCRYPTION_KEYS."
        )

    def _candidates(self, name: bytes) -> list[bytes]:
        if not name:
            return list(self._wrapping_keys.values())
        return [self._wrapping_keys[name]] if name in self._wrapping_keys else []

    def _path(self, key_id: UUID) -> Path:
        return self._folder / key_id.hex[:2] / key_id.hex


def _name_of(key_encryption_key: bytes) -> bytes:
    """Return what files call a key-encryption key; nothing can be learned of the key from it."""
    return sha256(b"resguardo key-encryption key" + key_encryption_key).digest()[:_NAME_BYTES]


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep others from destroying or rewrapping keys in a folder: a rewrap must not bring a destroyed key back."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _store(folder: str, key_encryption_key: str, former: tuple[str, ...]) -> FolderKeyStore:
    return FolderKeyStore(Path(folder), b64decode(key_encryption_key), [b64decode(key) for key in former])


def key_store() -> FolderKeyStore:
    """Return this deployment's key store, as the settings name it."""
    former = tuple(settings.FORMER_KEY_ENCRYPTION_KEYS)
    return _store(str(settings.KEYSTORE_DIR), settings.KEY_ENCRYPTION_KEY, former)
