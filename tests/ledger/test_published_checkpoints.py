"""What was published outside the database binds it: a restored, cut or forged ledger is not sealed on."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from ledger.errors import LedgerBrokenError
from ledger.models import Checkpoint, SealedEntry, UnsealedEntry
from ledger.publication import HASH_BYTES, LEAVES, published_leaves
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, record

Capture = Callable[..., AbstractContextManager[object]]

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]


def _record() -> None:
    record(kind="a.done", subject_tag=PROVIDER_TAG, evidence={})


def _published() -> list[str]:
    return sorted(path.name for path in Path(settings.CHECKPOINT_DIR).glob("*.txt"))


def test_checkpoint_that_rolls_back_is_never_published(django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        _record()
        seal_entries()
        transaction.set_rollback(True)
    assert _published() == []


def test_checkpoint_that_a_crash_kept_back_is_published_later(django_capture_on_commit_callbacks: Capture) -> None:
    _record()
    checkpoint = seal_entries()
    assert _published() == []
    with django_capture_on_commit_callbacks(execute=True):
        assert seal_entries() is None
    assert checkpoint is not None
    assert _published() == [f"{checkpoint.size:012}.txt"]


def test_database_behind_its_published_checkpoint_is_not_sealed_on() -> None:
    Path(settings.CHECKPOINT_DIR).mkdir(parents=True)
    (Path(settings.CHECKPOINT_DIR) / f"{7:012}.txt").write_text("seven entries")
    _record()
    with pytest.raises(LedgerBrokenError, match="restored or cut"):
        seal_entries()
    assert UnsealedEntry.objects.count() == 1


def test_database_behind_its_published_leaves_is_not_sealed_on() -> None:
    Path(settings.CHECKPOINT_DIR).mkdir(parents=True)
    (Path(settings.CHECKPOINT_DIR) / LEAVES).write_bytes(bytes(7 * HASH_BYTES))
    _record()
    with pytest.raises(LedgerBrokenError, match="7 entries were published"):
        seal_entries()


def test_leaves_that_a_crash_cut_short_are_written_whole(django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _record()
        seal_entries()
    kept = Path(settings.CHECKPOINT_DIR) / LEAVES
    kept.write_bytes(kept.read_bytes() + b"cut")
    with django_capture_on_commit_callbacks(execute=True):
        _record()
        seal_entries()
    assert list(published_leaves()) == [
        bytes(leaf) for leaf in SealedEntry.objects.order_by("log_index").values_list("leaf_hash", flat=True)
    ]


def test_second_checkpoint_of_one_size_is_told(django_capture_on_commit_callbacks: Capture) -> None:
    _record()
    seal_entries()
    Path(settings.CHECKPOINT_DIR).mkdir(parents=True)
    (Path(settings.CHECKPOINT_DIR) / f"{1:012}.txt").write_text("another tree of one entry")
    with (
        pytest.raises(LedgerBrokenError, match="Another checkpoint"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        seal_entries()


def test_forged_checkpoint_row_is_not_built_on() -> None:
    _record()
    Checkpoint.objects.create(size=4, root_hash=bytes(32), frontier=bytes(32), text="forged")
    with pytest.raises(LedgerBrokenError, match="covers 4 entries"):
        seal_entries()
