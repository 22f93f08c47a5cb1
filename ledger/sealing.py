"""The sealer: it alone gives entries their place in the tree and signs checkpoints.

The order of the tree is the order of sealing and promises no more; ids and timestamps are not the order of commits.
"""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from ledger.checkpoints import sign_checkpoint
from ledger.errors import LedgerBrokenError
from ledger.leaves import Leaf
from ledger.merkle import Frontier
from ledger.models import Checkpoint, Entry, SealedEntry, SubjectHead, UnsealedEntry
from ledger.publication import publish, published_reach
from ledger.selectors import latest_checkpoint
from ledger.signing import checkpoint_key
from ledger.tree import extend_nodes

SEALER_LOCK = 0x5EA1
"""The advisory lock of whoever extends the log or takes its heads."""

_BATCH = 10_000
_HASH_BYTES = 32


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
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
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
    heads = SubjectHead.objects.in_bulk({bytes(entry.subject_tag) for entry in entries})
    heads = {bytes(tag): head for tag, head in heads.items()}
    start, rows = frontier.size, []
    for entry in entries:
        tag = bytes(entry.subject_tag)
        head = heads.setdefault(tag, SubjectHead(subject_tag=tag, entries=0))
        leaf = Leaf(entry.pk, entry.created_at, tag, head.entries, bytes(entry.commitment), entry.kind).hash()
        rows.append(SealedEntry(entry=entry, log_index=frontier.size, subject_index=head.entries, leaf_hash=leaf))
        head.entries, head.last_index = head.entries + 1, frontier.size
        frontier.append(leaf)
    SealedEntry.objects.bulk_create(rows, batch_size=2_000)
    SubjectHead.objects.bulk_create(
        heads.values(),
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["subject_tag"],
        update_fields=["entries", "last_index"],
    )
    extend_nodes(start, frontier.size)


def _sign(frontier: Frontier) -> Checkpoint:
    root = frontier.root()
    text = sign_checkpoint(origin=settings.LEDGER_ORIGIN, size=frontier.size, root=root, key=checkpoint_key())
    checkpoint = Checkpoint.objects.create(
        size=frontier.size, root_hash=root, frontier=b"".join(frontier.hashes), text=text
    )
    transaction.on_commit(partial(publish, checkpoint))
    return checkpoint


def _compare_with_published() -> None:
    """Publish the last checkpoint if a crash kept it back; raise LedgerBrokenError when more was published than that.

    The folder is read before the database: what is published was committed first.
    """
    published = published_reach()
    latest = latest_checkpoint()
    if published > (latest.size if latest else 0):
        raise LedgerBrokenError(
            f"{published} entries were published, the database's last checkpoint covers fewer: it was restored or cut."
        )
    if latest is not None:
        transaction.on_commit(partial(publish, latest))
