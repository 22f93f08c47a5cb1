import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.db import connection, transaction

from ledger import sealing
from ledger.checkpoints import open_checkpoint
from ledger.merkle import root_of
from ledger.models import Checkpoint, Entry, SealedEntry, UnsealedEntry
from ledger.sealing import seal_entries
from ledger.selectors import latest_checkpoint, unsealed_count
from ledger.services import PROVIDER_TAG, new_tag, record
from ledger.signing import checkpoint_key
from ledger.tasks import seal
from tests.conftest import ActAs


def add(count: int, tag: bytes = PROVIDER_TAG) -> None:
    for number in range(count):
        record(kind="a.done", subject_tag=tag, evidence={"number": number})


def leaves() -> list[bytes]:
    return [bytes(leaf) for leaf in SealedEntry.objects.order_by("log_index").values_list("leaf_hash", flat=True)]


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_sealing_gives_every_entry_its_place_and_signs_the_root() -> None:
    add(5)

    checkpoint = seal_entries()

    assert checkpoint is not None
    assert unsealed_count() == 0
    assert list(SealedEntry.objects.order_by("log_index").values_list("log_index", flat=True)) == [0, 1, 2, 3, 4]
    opened = open_checkpoint(checkpoint.text, checkpoint_key().public_key())
    assert (opened.size, opened.root) == (5, root_of(leaves()))
    assert checkpoint.root_hex == opened.root.hex()


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_tree_grows_from_the_stored_frontier() -> None:
    for count in (3, 1, 4):
        add(count)
        seal_entries()

    latest = latest_checkpoint()
    assert latest is not None
    assert (latest.size, bytes(latest.root_hash)) == (8, root_of(leaves()))


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_index_within_a_subject_counts_only_its_own_entries() -> None:
    one, other = new_tag(), new_tag()
    add(2, one)
    add(1, other)
    seal_entries()
    add(2, one)
    seal_entries()

    places = SealedEntry.objects.filter(entry__subject_tag=one).order_by("log_index")
    assert list(places.values_list("subject_index", flat=True)) == [0, 1, 2, 3]


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_more_than_a_batch_is_sealed_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_BATCH", 4)
    add(10)

    checkpoint = seal_entries()

    assert checkpoint is not None
    assert checkpoint.size == 10
    assert Checkpoint.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_nothing_to_seal_signs_nothing() -> None:
    assert seal_entries() is None
    assert seal() == 0
    assert not Checkpoint.objects.exists()


@pytest.mark.django_db
@pytest.mark.database_role("worker")
def test_checkpoint_is_kept_outside_the_database_too(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    add(2)

    with django_capture_on_commit_callbacks(execute=True):
        checkpoint = seal_entries()

    assert checkpoint is not None
    kept = Path(settings.CHECKPOINT_DIR) / f"{checkpoint.size:012}.txt"
    assert kept.read_text(encoding="utf-8") == checkpoint.text


def write(seed: int, tags: Sequence[bytes]) -> None:
    """Record in short transactions, some of which roll back."""
    chance = Random(seed)
    for _ in range(15):
        with transaction.atomic():
            add(chance.randint(1, 3), chance.choice(tags))
            time.sleep(chance.random() / 100)
            transaction.set_rollback(chance.random() < 0.2)
    connection.close()


def keep_sealing() -> None:
    """Seal again and again, as several workers would."""
    for _ in range(20):
        seal_entries()
        time.sleep(0.005)
    connection.close()


def test_sealers_and_writers_at_once_leave_one_gapless_tree(committed_database: str, acting_as: ActAs) -> None:
    tags = [new_tag() for _ in range(3)]
    with acting_as("worker"):
        with ThreadPoolExecutor(7) as pool:
            jobs = [pool.submit(write, seed, tags) for seed in range(4)]
            jobs += [pool.submit(keep_sealing) for _ in range(3)]
            for job in jobs:
                job.result()
        seal_entries()
        total, latest = Entry.objects.count(), latest_checkpoint()
        assert total > 0
        assert not UnsealedEntry.objects.exists()
        assert list(SealedEntry.objects.order_by("log_index").values_list("log_index", flat=True)) == list(range(total))
        assert latest is not None
        assert latest.size == total
        assert [bytes(each.root_hash) for each in Checkpoint.objects.order_by("size")] == [
            root_of(leaves()[: each.size]) for each in Checkpoint.objects.order_by("size")
        ]
        for tag in tags:
            own = SealedEntry.objects.filter(entry__subject_tag=tag).order_by("log_index")
            assert list(own.values_list("subject_index", flat=True)) == list(range(own.count()))
