import io
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protection import files
from protection.clock import transaction_time
from protection.errors import KeyDestroyedError, TamperedError
from protection.files import (
    CHUNK_BYTES,
    destroy_file,
    finish_destroying,
    open_file,
    path_of,
    read_file,
    seal_bytes,
    seal_file,
)
from protection.keystore import key_store
from protection.models import SealedFile

pytestmark = pytest.mark.django_db

LONG = bytes(range(256)) * (CHUNK_BYTES // 256) * 3 + b"the rest"


def sealed(content: bytes = LONG) -> SealedFile:
    return seal_bytes(content, name="form.pdf", content_type="application/pdf", retention_class="evidence")


def content_of(file: SealedFile) -> bytes:
    with open_file(file) as stream:
        return stream.read()


def chunks_of(file: SealedFile) -> list[bytes]:
    """Return the encrypted chunks as they lie on disk."""
    data, found = path_of(file.uuid).read_bytes(), []
    while data:
        size = 4 + int.from_bytes(data[:4], "big")
        found.append(data[:size])
        data = data[size:]
    return found


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_file_of_any_size_comes_back_whole(size: int) -> None:
    content = (LONG * 2)[:size]

    file = sealed(content)

    assert content_of(file) == content
    assert (file.size, len(file.sha256)) == (size, 64)


@given(st.lists(st.integers(1, 40), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stream_in_pieces_comes_back_whole(monkeypatch: pytest.MonkeyPatch, pieces: list[int]) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 16)
    content = b"".join(bytes([number]) * size for number, size in enumerate(pieces))

    file = seal_file(io.BytesIO(content), name="x", content_type="text/plain", retention_class="evidence")

    assert b"".join(read_file(file)) == content


def test_no_plain_bytes_or_name_lie_on_disk_or_in_the_row() -> None:
    file = sealed(b"The signature of Pat Example" * 100)

    assert b"Pat Example" not in path_of(file.uuid).read_bytes()
    assert b"form.pdf" not in bytes(SealedFile.objects.filter(pk=file.pk).values_list("name", flat=True)[0])
    assert SealedFile.objects.get(pk=file.pk).name == "form.pdf"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda chunks: [chunks[1], chunks[0], *chunks[2:]], id="reordered"),
        pytest.param(lambda chunks: chunks[:-1], id="tail cut"),
        pytest.param(lambda chunks: chunks[1:], id="head cut"),
        pytest.param(lambda chunks: [chunks[0], *chunks], id="repeated"),
        pytest.param(lambda chunks: [*chunks, chunks[-1]], id="extended"),
        pytest.param(lambda chunks: [chunks[0][:-1] + b"\x00", *chunks[1:]], id="altered"),
        pytest.param(lambda chunks: [*chunks[:-1], chunks[-1][:-3]], id="torn"),
        pytest.param(lambda chunks: [], id="emptied"),
    ],
)
def test_tampered_file_raises_instead_of_being_handed_out(tamper: Callable[[list[bytes]], list[bytes]]) -> None:
    file = sealed()
    path_of(file.uuid).write_bytes(b"".join(tamper(chunks_of(file))))

    with pytest.raises(TamperedError):
        open_file(file)


def test_bytes_of_another_file_under_the_same_key_do_not_open() -> None:
    mine, other = sealed(b"mine"), sealed(b"other")
    mine.key_id = other.key_id
    path_of(mine.uuid).write_bytes(path_of(other.uuid).read_bytes())

    with pytest.raises(TamperedError):
        open_file(mine)


def test_destroyed_file_leaves_its_hash_and_no_bytes(django_capture_on_commit_callbacks: Callable[..., object]) -> None:
    file = sealed()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        destroy_file(file)

    assert not path_of(file.uuid).exists()
    with pytest.raises(KeyDestroyedError):
        open_file(file)
    kept = SealedFile.objects.get(pk=file.pk)
    assert kept.destroyed_at is not None
    assert kept.sha256 == file.sha256


def test_file_is_not_destroyed_when_the_transaction_does_not_commit() -> None:
    file = sealed()

    destroy_file(file)

    assert content_of(file) == LONG


def test_what_was_stamped_as_destroyed_and_is_still_there_is_destroyed_after_all() -> None:
    file, since = sealed(b"x"), transaction_time()
    SealedFile.objects.filter(pk=file.pk).update(destroyed_at=since)
    assert path_of(file.uuid).exists()
    stuck = sealed(b"y")
    SealedFile.objects.filter(pk=stuck.pk).update(destroyed_at=since)
    path_of(stuck.uuid).unlink()
    path_of(stuck.uuid).mkdir()
    assert finish_destroying(since) == 1
    assert not path_of(file.uuid).exists()
    assert file.key_id not in set(key_store().key_ids())
    assert finish_destroying(since) == 0
