"""The tree of heads: every subject's number of entries under one root, and that root as an entry of the log."""

from collections.abc import Iterator
from itertools import islice

from django.db import connection, transaction

from ledger.leaves import HEAD_BYTES, Head
from ledger.merkle import Frontier, root_of
from ledger.models import Checkpoint, HeadsPage, HeadsTree, SealedEntry, SubjectHead
from ledger.sealing import SEALER_LOCK
from ledger.selectors import latest_checkpoint, latest_heads_tree
from ledger.services import PROVIDER_TAG, record

PAGE_BITS = 8
PAGE = 1 << PAGE_BITS
"""Heads a page; a power of two, so that each full page is a perfect subtree."""

KEPT_TREES = 2
"""The pages of the newest trees are kept; of an older one only the root, which the log commits to."""


@transaction.atomic
def take_heads() -> HeadsTree | None:
    """Take the heads of every subject as the log is sealed now; return the tree, or None while nothing is sealed.

    The tree's own entry is sealed afterwards, like any other; when nothing else has come since, the latest tree is
    returned. Sealing waits meanwhile, so that heads and log stand at the same size.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
    checkpoint, latest = latest_checkpoint(), latest_heads_tree()
    if checkpoint is None or (latest is not None and _is_all(latest, checkpoint)):
        return latest
    frontier = Frontier()
    pages: list[HeadsPage] = []
    for heads in _heads_by_page():
        pages.append(_page(len(pages), heads, frontier))
    tree = _create(checkpoint.size, frontier)
    for page in pages:
        page.tree = tree
    HeadsPage.objects.bulk_create(pages, batch_size=200)
    kept = HeadsTree.objects.order_by("-log_size").values("pk")[:KEPT_TREES]
    HeadsPage.objects.exclude(tree__in=list(kept.values_list("pk", flat=True))).delete()
    return tree


def _is_all(tree: HeadsTree, checkpoint: Checkpoint) -> bool:
    """Say whether nothing but the tree's own entry was sealed since."""
    own = SealedEntry.objects.filter(entry=tree.entry_id, log_index=tree.log_size).exists()
    return checkpoint.size == tree.log_size + (1 if own else 0)


def _heads_by_page() -> Iterator[list[Head]]:
    rows = SubjectHead.objects.order_by("subject_tag").values_list("subject_tag", "entries", "last_index")
    heads = (Head(bytes(tag), entries, last) for tag, entries, last in rows.iterator(chunk_size=10_000))
    while page := list(islice(heads, PAGE)):
        yield page


def _page(position: int, heads: list[Head], frontier: Frontier) -> HeadsPage:
    """Return a page of heads and append them to the tree."""
    hashes = [head.hash() for head in heads]
    root = root_of(hashes)
    if len(heads) == PAGE:
        frontier.append(root, PAGE_BITS)
    else:
        for leaf in hashes:
            frontier.append(leaf)
    packed = b"".join(head.packed() for head in heads)
    return HeadsPage(position=position, first_tag=heads[0].subject_tag, heads=packed, root_hash=root)


def _create(log_size: int, frontier: Frontier) -> HeadsTree:
    root = frontier.root()
    witness = record(
        kind="ledger.heads_taken",
        subject_tag=PROVIDER_TAG,
        evidence={"log_size": log_size, "size": frontier.size, "root": root},
    )
    return HeadsTree.objects.create(log_size=log_size, size=frontier.size, root_hash=root, **witness.columns())


def heads_of(page: HeadsPage) -> list[Head]:
    """Return the heads that a page holds, in the order of their tags."""
    packed = bytes(page.heads)
    return [Head.unpack(packed[at : at + HEAD_BYTES]) for at in range(0, len(packed), HEAD_BYTES)]
