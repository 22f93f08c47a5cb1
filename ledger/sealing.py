"""The sealer: it alone gives entries their place in the tree and signs checkpoints.

The order of the tree is the order of sealing and promises no more; ids and timestamps are not the order of commits.
"""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max

from ledger.checkpoints import sign_checkpoint
from ledger.errors import LedgerBrokenError
from ledger.merkle import Frontier, leaf_hash
from ledger.models import Checkpoint, Entry, SealedEntry, UnsealedEntry
from ledger.selectors import latest_checkpoint
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

    Only one sealer runs at a time, by a transaction-level advisory lock; a second one returns None at once. A
    checkpoint is published outside the database once its transaction has committed: published before, and then rolled
    back, it would vouch for a tree that the next one contradicts. Raises LedgerBrokenError when the database no longer
    holds what was published.
    """
    _compare_with_published()
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
    frontier = _frontier(latest_checkpoint())
    placed = SealedEntry.objects.aggregate(last=Max("log_index"))["last"]
    if frontier.size != (0 if placed is None else placed + 1):
        raise LedgerBrokenError(f"The last checkpoint covers {frontier.size} entries, but the tree ends at {placed}.")
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
    transaction.on_commit(partial(_publish, checkpoint))
    return checkpoint


def _compare_with_published() -> None:
    """Publish the last checkpoint if a crash kept it back; raise LedgerBrokenError when more was published than that.

    The folder is read before the database: what is published was committed first.
    """
    published = max((int(path.stem) for path in Path(settings.CHECKPOINT_DIR).glob("[0-9]*.txt")), default=0)
    latest = latest_checkpoint()
    if published > (latest.size if latest else 0):
        raise LedgerBrokenError(
            f"A published checkpoint covers {published} entries, the database's last one fewer: it was restored or cut."
        )
    if latest is not None:
        transaction.on_commit(partial(_publish, latest))


def _publish(checkpoint: Checkpoint) -> None:
    """Keep a checkpoint's text outside the database, once and for all."""
    folder = Path(settings.CHECKPOINT_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / f"{checkpoint.size:012}.txt"
    if not place.exists():
        with NamedTemporaryFile("w", dir=folder, prefix=".", encoding="utf-8") as draft:
            draft.write(checkpoint.text)
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):
                os.link(draft.name, place)
    if place.read_text(encoding="utf-8") != checkpoint.text:
        raise LedgerBrokenError(f"Another checkpoint over {checkpoint.size} entries has been published: {place}.")
