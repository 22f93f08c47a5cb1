"""The key-encryption key is replaced while data keys, and what they sealed, stay what they are."""

import base64
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from django.core.management import CommandError, call_command

from protection.errors import KeyDestroyedError, TamperedError
from protection.keystore import FolderKeyStore, key_store

OLD, NEW, OTHER = bytes(32), bytes([1] * 32), bytes([2] * 32)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_a_former_key_opens_what_it_wrapped(tmp_path: Path) -> None:
    old, new = FolderKeyStore(tmp_path, OLD), FolderKeyStore(tmp_path, NEW, [OTHER, OLD])
    key_id = old.create()
    assert new.get(key_id) == old.get(key_id)


def test_processes_of_both_steps_open_each_others_keys(tmp_path: Path) -> None:
    before, after = FolderKeyStore(tmp_path, OLD, [NEW]), FolderKeyStore(tmp_path, NEW, [OLD])
    assert before.get(key_id := after.create()) == after.get(key_id)
    assert after.get(key_id := before.create()) == before.get(key_id)


def test_a_rewrapped_key_is_the_same_key_and_needs_the_former_one_no_more(tmp_path: Path) -> None:
    old = FolderKeyStore(tmp_path, OLD)
    keys = {key_id: old.get(key_id) for key_id in (old.create() for _ in range(5))}
    new = FolderKeyStore(tmp_path, NEW, [OLD])
    assert sorted(new.key_ids()) == sorted(keys)
    assert [new.rewrap(key_id) for key_id in keys] == [True] * 5
    assert [new.rewrap(key_id) for key_id in keys] == [False] * 5
    alone = FolderKeyStore(tmp_path, NEW)
    assert {key_id: alone.get(key_id) for key_id in keys} == keys
    with pytest.raises(TamperedError, match="RESGUARDO_FORMER_KEY_ENCRYPTION_KEYS"):
        FolderKeyStore(tmp_path, OLD).get(next(iter(keys)))
    assert len(list(files(tmp_path))) == len(keys)
    assert {path.stat().st_mode & 0o077 for path in files(tmp_path)} == {0}


def test_a_key_written_before_there_were_names_is_opened_and_named(tmp_path: Path) -> None:
    new = FolderKeyStore(tmp_path, NEW, [OLD])
    key_id, data_key = new.create(), os.urandom(32)
    (path,) = files(tmp_path)
    path.write_bytes(aes_key_wrap(OLD, data_key))
    assert new.rewrap(key_id)
    assert FolderKeyStore(tmp_path, NEW).get(key_id) == data_key


@pytest.mark.parametrize("place", [0, 7, 8, 47])
def test_an_altered_file_does_not_open(tmp_path: Path, place: int) -> None:
    store = FolderKeyStore(tmp_path, NEW, [OLD])
    key_id = store.create()
    (path,) = files(tmp_path)
    content = bytearray(path.read_bytes())
    assert len(content) == 48
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(TamperedError):
        store.get(key_id)


def test_a_key_destroyed_while_keys_are_rewrapped_stays_destroyed(tmp_path: Path) -> None:
    old, new = FolderKeyStore(tmp_path, OLD), FolderKeyStore(tmp_path, NEW, [OLD])
    keys = [old.create() for _ in range(60)]
    destroyer = Thread(target=lambda: [old.destroy(key_id) for key_id in keys])
    destroyer.start()
    for key_id in reversed(keys):
        new.rewrap(key_id)
    destroyer.join()
    assert list(files(tmp_path)) == []
    with pytest.raises(KeyDestroyedError):
        new.get(keys[0])


def test_the_command_rewraps_all_and_names_what_does_not_open(tmp_path: Path, settings: object) -> None:
    old = FolderKeyStore(tmp_path, OLD)
    keys = {key_id: old.get(key_id) for key_id in (old.create() for _ in range(3))}
    stray = FolderKeyStore(tmp_path, OTHER).create()
    settings.KEYSTORE_DIR = tmp_path  # type: ignore[attr-defined]
    settings.KEY_ENCRYPTION_KEY = base64.b64encode(NEW).decode()  # type: ignore[attr-defined]
    settings.FORMER_KEY_ENCRYPTION_KEYS = [base64.b64encode(OLD).decode()]  # type: ignore[attr-defined]
    said = StringIO()
    with pytest.raises(CommandError, match=str(stray)):
        call_command("rotate_keys", stdout=said)
    assert said.getvalue().strip() == "3 of 4 keys were wrapped anew."
    settings.FORMER_KEY_ENCRYPTION_KEYS = []  # type: ignore[attr-defined]
    assert {key_id: key_store().get(key_id) for key_id in keys} == keys
