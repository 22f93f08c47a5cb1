"""Examining the whole ledger: the database against itself and against what was published outside it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, repeat

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from ledger.checkpoints import CheckpointError, open_checkpoint
from ledger.leaves import Leaf
from ledger.merkle import Frontier
from ledger.models import SealedEntry, SubjectHead
from ledger.publication import published_leaves, published_sizes, published_text
from ledger.selectors import latest_checkpoint, unsealed_count

BATCH = 10_000

_ROWS = """
    SELECT sealed.log_index, sealed.entry_id, sealed.subject_index, sealed.leaf_hash,
           entry.created_at, entry.subject_tag, entry.commitment, entry.kind
    FROM ledger_sealed sealed LEFT JOIN ledger_entry entry ON entry.id = sealed.entry_id
    WHERE sealed.log_index >= %s ORDER BY sealed.log_index LIMIT %s
"""
_STRAY = """
    SELECT min(entry.id), count(*) FROM ledger_entry entry
    WHERE NOT EXISTS (SELECT FROM ledger_sealed sealed WHERE sealed.entry_id = entry.id)
      AND NOT EXISTS (SELECT FROM ledger_unsealed waiting WHERE waiting.entry_id = entry.id)
"""
_VANISHED = """
    SELECT min(waiting.entry_id), count(*) FROM ledger_unsealed waiting
    WHERE NOT EXISTS (SELECT FROM ledger_entry entry WHERE entry.id = waiting.entry_id)
"""


class Fault(Exception):
    """Something does not hold; the message names the first entry that it concerns."""


@dataclass(slots=True)
class Examination:
    """What was found: entries examined, checkpoints they were compared with, entries not sealed yet, the fault."""

    entries: int = 0
    checkpoints: int = 0
    unsealed: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A place in the tree as the database has it; `leaf` is None where its entry is gone."""

    log_index: int
    entry_id: int
    subject_index: int
    stored: bytes
    leaf: Leaf | None


def examine_ledger(*, key: Ed25519PublicKey, progress: Callable[[int], object] = lambda done: None) -> Examination:
    """Recompute every leaf and every published root; stop at the first that does not hold.

    Finds what somebody with every right in the database altered, removed, added, reordered, cut or replaced, as far as
    a published checkpoint covers it; of entries that are not sealed yet it finds only those past the waiting list.
    """
    found = Examination(unsealed=unsealed_count())
    try:
        _examine_tree(found, key, progress)
        _examine_rest(found.entries)
    except Fault as fault:
        found.fault = str(fault)
    return found


@dataclass(slots=True)
class _Walk:
    """The walk along the log: the tree so far, and how many entries each subject has had."""

    frontier: Frontier = field(default_factory=Frontier)
    subjects: Counter[bytes] = field(default_factory=Counter)
    last_index: dict[bytes, int] = field(default_factory=dict)


def _examine_tree(found: Examination, key: Ed25519PublicKey, progress: Callable[[int], object]) -> None:
    walk = _Walk()
    sizes = iter(published_sizes())
    due = next(sizes, None)
    outside = chain(published_leaves(), repeat(b""))
    for row in _rows():
        _examine_row(row, next(outside), walk)
        found.entries = walk.frontier.size
        if walk.frontier.size == due:
            _compare_root(published_text(due), walk.frontier, key)
            found.checkpoints += 1
            due = next(sizes, None)
        if not walk.frontier.size % BATCH:
            progress(walk.frontier.size)
    if due is not None:
        raise Fault(f"Entry at place {found.entries}: missing. {due} entries were published; the log's tail is cut.")
    _compare_end(walk.frontier, key)
    _compare_heads(walk)


def _rows() -> Iterator[_Row]:
    following = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_ROWS, [following, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            for index, entry, subject_index, stored, created_at, tag, commitment, kind in rows:
                leaf = _leaf(entry, created_at, tag, subject_index, commitment, kind)
                yield _Row(index, entry, subject_index, bytes(stored), leaf)
            following = rows[-1][0] + 1


def _leaf(
    entry: int, created_at: datetime | None, tag: bytes | None, subject_index: int, commitment: bytes, kind: str
) -> Leaf | None:
    if created_at is None or tag is None:
        return None
    return Leaf(entry, created_at, bytes(tag), subject_index, bytes(commitment), kind)


def _examine_row(row: _Row, published: bytes, walk: _Walk) -> None:
    place = walk.frontier.size
    if row.log_index != place:
        raise Fault(f"Entry at place {place}: missing from the tree; the next one there has place {row.log_index}.")
    if row.leaf is None:
        raise Fault(f"Entry {row.entry_id} at place {place}: missing from the log.")
    computed = row.leaf.hash()
    if published and computed != published:
        raise Fault(f"Entry {row.entry_id} at place {place}: {_difference(computed, published, place)}")
    if computed != row.stored:
        raise Fault(f"Entry {row.entry_id} at place {place}: altered after it was sealed.")
    tag = row.leaf.subject_tag
    if row.subject_index != walk.subjects[tag]:
        raise Fault(f"Entry {row.entry_id} at place {place}: not entry {walk.subjects[tag]} of its subject.")
    walk.subjects[tag] += 1
    walk.last_index[tag] = place
    walk.frontier.append(computed)


def _difference(computed: bytes, published: bytes, place: int) -> str:
    """Say what became of the entry published at a place, by where it stands now and where this one belongs."""
    belongs = next((index for index, leaf in enumerate(published_leaves()) if leaf == computed), None)
    if belongs == place + 1:
        return f"belongs at place {belongs}: the entry published at place {place} is missing."
    if belongs is not None:
        return f"belongs at place {belongs}: the log was reordered."
    moved = SealedEntry.objects.filter(leaf_hash=published).exclude(log_index=place)
    if (stands := moved.order_by("log_index").first()) is not None:
        return f"added: the entry published here stands at place {stands.log_index}."
    return "altered after it was published."


def _compare_root(text: str, frontier: Frontier, key: Ed25519PublicKey) -> None:
    try:
        checkpoint = open_checkpoint(text, key)
    except CheckpointError as error:
        raise Fault(f"The checkpoint over {frontier.size} entries: {error}") from error
    if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
        raise Fault(f"Up to place {frontier.size - 1} the log is not the one that was signed.")


def _compare_end(frontier: Frontier, key: Ed25519PublicKey) -> None:
    """Hold the tree's end to the database's last checkpoint, which a crash may have kept from being published."""
    last = latest_checkpoint()
    size = last.size if last else 0
    if size < frontier.size:
        raise Fault(f"Entry at place {size}: added to the tree past the sealer; the last checkpoint covers {size}.")
    if last is not None:
        _compare_root(last.text, frontier, key)


def _compare_heads(walk: _Walk) -> None:
    heads = SubjectHead.objects.order_by("subject_tag").values_list("subject_tag", "entries", "last_index")
    kept = {bytes(tag): (entries, last) for tag, entries, last in heads.iterator(chunk_size=BATCH)}
    counted = {tag: (count, walk.last_index[tag]) for tag, count in walk.subjects.items()}
    if kept != counted:
        tag = min(tag for tag in kept.keys() | counted.keys() if kept.get(tag) != counted.get(tag))
        raise Fault(f"The head of subject {tag.hex()} says {kept.get(tag)}, its entries {counted.get(tag)}.")


def _examine_rest(size: int) -> None:
    for statement, text in (
        (_STRAY, "Entry {}: added past the sealer ({} such)."),
        (_VANISHED, "Entry {}: removed before it was sealed ({} such)."),
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            first, count = cursor.fetchone()
        if count:
            raise Fault(text.format(first, count))
