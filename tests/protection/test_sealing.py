from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protection import sealing
from protection.blindindex import blind_index
from protection.errors import KeyDestroyedError, TamperedError
from protection.keystore import FolderKeyStore, key_store

PLACE = b"customer.tax_id|row"


@given(st.binary(max_size=2_000))
@settings(max_examples=50)
def test_sealed_value_opens_to_what_was_sealed(plaintext: bytes) -> None:
    key_id = key_store().create()

    assert sealing.open_sealed(sealing.seal(plaintext, key_id=key_id, place=PLACE), place=PLACE) == plaintext


def test_same_value_sealed_twice_looks_different() -> None:
    key_id = key_store().create()

    assert sealing.seal(b"same", key_id=key_id, place=PLACE) != sealing.seal(b"same", key_id=key_id, place=PLACE)


def test_plaintext_is_not_in_the_sealed_value() -> None:
    assert b"12-3456789" not in sealing.seal(b"12-3456789", key_id=key_store().create(), place=PLACE)


def test_no_bit_can_be_changed() -> None:
    sealed = sealing.seal(b"12-3456789", key_id=key_store().create(), place=PLACE)

    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises((TamperedError, KeyDestroyedError)):
            sealing.open_sealed(bytes(altered), place=PLACE)


@pytest.mark.parametrize("cut", [0, 1, 16, 28, 29, -1])
def test_cut_value_does_not_open(cut: int) -> None:
    sealed = sealing.seal(b"12-3456789", key_id=key_store().create(), place=PLACE)

    with pytest.raises(TamperedError):
        sealing.open_sealed(sealed[:cut], place=PLACE)


@pytest.mark.parametrize("place", [b"customer.tax_id|other row", b"customer.bank_account|row", b""])
def test_value_moved_to_another_place_does_not_open(place: bytes) -> None:
    sealed = sealing.seal(b"12-3456789", key_id=key_store().create(), place=PLACE)

    with pytest.raises(TamperedError):
        sealing.open_sealed(sealed, place=place)


def test_value_under_another_customers_key_does_not_open() -> None:
    sealed = sealing.seal(b"12-3456789", key_id=key_store().create(), place=PLACE)
    other = key_store().create()

    with pytest.raises(TamperedError):
        sealing.open_sealed(sealed[:1] + other.bytes + sealed[17:], place=PLACE)


def test_destroyed_key_takes_its_values_with_it() -> None:
    key_id = key_store().create()
    sealed = sealing.seal(b"12-3456789", key_id=key_id, place=PLACE)
    assert sealing.open_sealed(sealed, place=PLACE)

    assert key_store().destroy(key_id)

    with pytest.raises(KeyDestroyedError):
        sealing.open_sealed(sealed, place=PLACE)
    assert not key_store().destroy(key_id)


def test_key_destroyed_by_another_process_is_gone_here_at_once(tmp_path: Path) -> None:
    here, there = FolderKeyStore(tmp_path, bytes(32)), FolderKeyStore(tmp_path, bytes(32))
    key_id = here.create()
    assert here.get(key_id) == there.get(key_id)

    there.destroy(key_id)

    with pytest.raises(KeyDestroyedError):
        here.get(key_id)


def test_key_store_holds_only_wrapped_keys_that_no_one_else_may_read(tmp_path: Path) -> None:
    store = FolderKeyStore(tmp_path, bytes(32))
    key_id = store.create()
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())

    assert store.get(key_id) not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_altered_key_and_wrong_wrapping_key_are_told_from_a_missing_one(tmp_path: Path) -> None:
    store = FolderKeyStore(tmp_path, bytes(32))
    key_id = store.create()

    with pytest.raises(TamperedError):
        FolderKeyStore(tmp_path, bytes([1] * 32)).get(key_id)
    with pytest.raises(KeyDestroyedError):
        store.get(uuid4())


def test_blind_index_ignores_how_a_number_is_written_and_tells_fields_apart() -> None:
    assert blind_index("customer.tax_id", "12-3456789") == blind_index("customer.tax_id", " 12 345 6789")
    assert blind_index("customer.tax_id", "12-3456789") != blind_index("customer.tax_id", "12-3456780")
    assert blind_index("customer.tax_id", "12-3456789") != blind_index("customer.bank_account", "12-3456789")
