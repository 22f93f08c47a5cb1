"""Making proofs: that entries are in the log, that a range or a history is whole. See `docs/ledger-format.md`."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db.models import QuerySet

from ledger.completeness import TYPE, VERSION
from ledger.errors import NotProvableError
from ledger.heads import PAGE_BITS, heads_of
from ledger.leaves import Head
from ledger.merkle import Subtree, root_of
from ledger.models import Checkpoint, HeadsPage, HeadsTree, SealedEntry, Witnessed
from ledger.proofs import cover, inclusion_path
from ledger.selectors import latest_checkpoint
from ledger.tree import read_nodes


def entry_line(sealed: SealedEntry, witnessed: Witnessed | None = None) -> dict[str, Any]:
    """Return an entry line in JSON types, opened with the salt and evidence of the row that made it, if given."""
    entry = sealed.entry
    return {
        "log_index": sealed.log_index,
        "entry": entry.pk,
        "created_at": entry.created_at.astimezone(UTC).isoformat(),
        "kind": entry.kind,
        "subject": bytes(entry.subject_tag).hex(),
        "subject_index": sealed.subject_index,
        "commitment": bytes(entry.commitment).hex(),
        "salt": bytes(witnessed.salt).hex() if witnessed else None,
        "evidence": bytes(witnessed.evidence).decode() if witnessed else None,
    }


@dataclass(frozen=True, slots=True)
class Proof:
    """What is claimed of some entries of the log, under which checkpoint; its cover is read when it is asked for."""

    checkpoint: Checkpoint
    indexes: Sequence[int]
    claim: Mapping[str, Any]

    def cover(self) -> Iterator[str]:
        """Yield the hashes of what the entries do not show, in hexadecimal; a few thousand are in memory at a time."""
        return (node.hex() for node in cover(self.indexes, self.checkpoint.size, read_nodes))

    def head(self) -> dict[str, Any]:
        """Return the proof without its cover, in JSON types."""
        return {"type": TYPE, "version": VERSION, "checkpoint": self.checkpoint.text, **self.claim}

    def as_json(self) -> dict[str, Any]:
        """Return the whole proof in JSON types."""
        return {**self.head(), "cover": list(self.cover())}


def prove_entries(indexes: Sequence[int]) -> Proof:
    """Return the proof that the entries at `indexes` (ascending) are in the log as the latest checkpoint signs it.

    Raises NotProvableError when the last of them is not sealed yet.
    """
    return Proof(_checkpoint(max(indexes, default=-1) + 1), indexes, {})


def prove_range(start: int, end: int) -> Proof:
    """Return the proof that the entries [start, end) of the log are all there and unaltered.

    Raises NotProvableError when the range is empty or not sealed yet.
    """
    if not 0 <= start < end:
        raise NotProvableError("A range of the log has at least one entry.")
    return Proof(_checkpoint(end), range(start, end), {"range": [start, end]})


def prove_history(subject_tag: bytes) -> Proof:
    """Return the proof of a subject's whole history up to the latest tree of heads that is itself sealed.

    It goes with the entries of `history_in`; where the log has nothing of the subject, it proves that. Raises
    NotProvableError before the first tree of heads.
    """
    tree, sealed = _sealed_tree()
    indexes = [*_history(subject_tag, tree.log_size).values_list("log_index", flat=True), sealed.log_index]
    heads = {
        "size": tree.size,
        "log_size": tree.log_size,
        "root": bytes(tree.root_hash).hex(),
        "entry": entry_line(sealed, tree),
        "shown": list(_shown_heads(tree, subject_tag)),
    }
    claim = {"history": subject_tag.hex(), "heads": heads}
    return Proof(_checkpoint(sealed.log_index + 1), indexes, claim)


def history_in(subject_tag: bytes, proof: Proof) -> QuerySet[SealedEntry]:
    """Return the entries that a proof of a subject's history covers, in the order of the log."""
    return _history(subject_tag, proof.claim["heads"]["log_size"])


def _checkpoint(size: int) -> Checkpoint:
    checkpoint = latest_checkpoint()
    if checkpoint is None or checkpoint.size < size:
        raise NotProvableError("Not all of this is sealed yet. Sealing takes about half a minute; try again then.")
    return checkpoint


def _sealed_tree() -> tuple[HeadsTree, SealedEntry]:
    for tree in HeadsTree.objects.filter(pages__isnull=False).distinct().order_by("-log_size"):
        if sealed := SealedEntry.objects.select_related("entry").filter(entry=tree.entry_id).first():
            return tree, sealed
    raise NotProvableError("No tree of heads has been taken yet; one is taken every night and before an export.")


def _history(subject_tag: bytes, log_size: int) -> QuerySet[SealedEntry]:
    of_subject = SealedEntry.objects.filter(entry__subject_tag=subject_tag, log_index__lt=log_size)
    return of_subject.select_related("entry").order_by("log_index")


def _shown_heads(tree: HeadsTree, subject_tag: bytes) -> Iterator[dict[str, Any]]:
    """Yield the subject's head with its path, or those of its neighbours where it has none."""
    pages = _Pages(tree)
    place, found = pages.place_of(subject_tag)
    for position in [place] if found else [one for one in (place - 1, place) if 0 <= one < tree.size]:
        head = pages.head_at(position)
        yield {
            "subject": head.subject_tag.hex(),
            "entries": head.entries,
            "last_index": head.last_index,
            "position": position,
            "path": [node.hex() for node in inclusion_path(position, tree.size, pages.read)],
        }


class _Pages:
    """A tree of heads, of which only the pages that are needed are read."""

    def __init__(self, tree: HeadsTree) -> None:
        self._rows = HeadsPage.objects.filter(tree=tree)
        self._roots = [bytes(root) for root in self._rows.order_by("position").values_list("root_hash", flat=True)]
        self._read: dict[int, list[Head]] = {}

    def place_of(self, tag: bytes) -> tuple[int, bool]:
        """Return where a tag stands, or would stand, and whether it is there."""
        page = self._rows.filter(first_tag__lte=tag).order_by("-position").first()
        if page is None:
            return 0, False
        tags = [head.subject_tag for head in self._heads(page.position)]
        within = bisect_left(tags, tag)
        return (page.position << PAGE_BITS) + within, within < len(tags) and tags[within] == tag

    def head_at(self, position: int) -> Head:
        """Return the head at a position."""
        return self._heads(position >> PAGE_BITS)[position & (1 << PAGE_BITS) - 1]

    def read(self, wanted: Sequence[Subtree]) -> list[bytes]:
        """Return the roots of perfect subtrees of the tree of heads."""
        return [self._root(height, position) for height, position in wanted]

    def _root(self, height: int, position: int) -> bytes:
        if height >= PAGE_BITS:
            rest = height - PAGE_BITS
            return root_of(self._roots[position << rest : position + 1 << rest])
        start = position << height
        within = start & (1 << PAGE_BITS) - 1
        heads = self._heads(start >> PAGE_BITS)[within : within + (1 << height)]
        return root_of(head.hash() for head in heads)

    def _heads(self, page: int) -> list[Head]:
        if page not in self._read:
            self._read[page] = heads_of(self._rows.get(position=page))
        return self._read[page]
