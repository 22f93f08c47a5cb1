"""The sealer: it alone gives entries their place in the tree and signs checkpoints.

The order of the tree is the order of sealing and promises no more; ids and timestamps are not the order of commits.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count

from ledger.checkpoints import sign_checkpoint
from ledger.merkle import Frontier, leaf_hash
from ledger.models import Checkpoint, Entry, SealedEntry, UnsealedEntry
from ledger.signing import checkpoint_key

_SEALER_LOCK = 0x5EA1
_BATCH = 10_000
_HASH_BYTES = 32


def leaf_data(entry: Entry, subject_index: int) -> bytes:
    """Return what a leaf covers: id, time (microseconds), subject tag, index within the subject, commitment, kind."""
    microseconds = int(entry.created_at.timestamp()) * 1_000_000 + entry.created_at.microsecond
    return (
        entry.pk.to_bytes(8, "big")
        + microseconds.to_bytes(8, "big")
        + bytes(entry.subject_tag)
        + subject_index.to_bytes(8, "big")
        + bytes(entry.commitment)
        + entry.kind.encode()
    )


def seal_entries() -> Checkpoint | None:
    """Seal every entry that has committed and sign a checkpoint over the grown tree; None when there was nothing.

    Only one sealer runs at a time, by a transaction-level advisory lock; a second one returns None at once. The
    checkpoint is written outside the database before the transaction commits, so that the copy can only be ahead.
    """
    latest = None
    while (checkpoint := _seal_batch()) is not None:
        latest = checkpoint
    return latest


@transaction.atomic
def _seal_batch() -> Checkpoint | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        (is_alone,) = cursor.fetchone()
    if not is_alone:
        return None
    waiting = UnsealedEntry.objects.order_by("entry_id").values_list("entry_id", flat=True)[:_BATCH]
    entries = list(Entry.objects.filter(pk__in=list(waiting)).order_by("pk"))
    if not entries:
        return None
    frontier = _frontier(Checkpoint.objects.order_by("-size").first())
    _place(entries, frontier)
    UnsealedEntry.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    return _sign(frontier)


def _frontier(checkpoint: Checkpoint | None) -> Frontier:
    if checkpoint is None:
        return Frontier()
    packed = bytes(checkpoint.frontier)
    return Frontier(checkpoint.size, [packed[at : at + _HASH_BYTES] for at in range(0, len(packed), _HASH_BYTES)])


def _place(entries: Sequence[Entry], frontier: Frontier) -> None:
    tags = {bytes(entry.subject_tag) for entry in entries}
    counts = (
        SealedEntry.objects.filter(entry__subject_tag__in=tags)
        .values_list("entry__subject_tag")
        .annotate(Count("pk"))
        .order_by()
    )
    following = Counter({bytes(tag): count for tag, count in counts})
    rows = []
    for entry in entries:
        tag = bytes(entry.subject_tag)
        leaf = leaf_hash(leaf_data(entry, following[tag]))
        rows.append(SealedEntry(entry=entry, log_index=frontier.size, subject_index=following[tag], leaf_hash=leaf))
        frontier.append(leaf)
        following[tag] += 1
    SealedEntry.objects.bulk_create(rows, batch_size=2_000)


def _sign(frontier: Frontier) -> Checkpoint:
    root = frontier.root()
    text = sign_checkpoint(origin=settings.LEDGER_ORIGIN, size=frontier.size, root=root, key=checkpoint_key())
    checkpoint = Checkpoint.objects.create(
        size=frontier.size, root_hash=root, frontier=b"".join(frontier.hashes), text=text
    )
    _keep_outside(checkpoint)
    return checkpoint


def _keep_outside(checkpoint: Checkpoint) -> None:
    folder = Path(settings.CHECKPOINT_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{checkpoint.size:012}.{os.getpid()}"
    with draft.open("w", encoding="utf-8") as file:
        file.write(checkpoint.text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / f"{checkpoint.size:012}.txt")
