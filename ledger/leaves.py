"""What a leaf covers, of the log and of the tree of heads. Pure functions; `docs/ledger-format.md` specifies both."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ledger.merkle import leaf_hash

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = b"resguardo head\n"
TAG_BYTES = 16
HEAD_BYTES = TAG_BYTES + 16


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry as the log's tree covers it; `subject_index` counts the entries of one subject tag from 0."""

    entry_id: int
    created_at: datetime
    subject_tag: bytes
    subject_index: int
    commitment: bytes
    kind: str

    def hash(self) -> bytes:
        """Return the leaf's hash: over id, microseconds since 1970, tag, index within the tag, commitment, kind."""
        microseconds = (self.created_at - _EPOCH) // timedelta(microseconds=1)
        return leaf_hash(
            self.entry_id.to_bytes(8, "big")
            + microseconds.to_bytes(8, "big")
            + self.subject_tag
            + self.subject_index.to_bytes(8, "big")
            + self.commitment
            + self.kind.encode()
        )


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """How many entries a subject tag has in the log, and the log index of the last; ordered by tag."""

    subject_tag: bytes
    entries: int
    last_index: int

    def packed(self) -> bytes:
        """Return the head in 32 bytes: tag, number of entries, last index."""
        return self.subject_tag + self.entries.to_bytes(8, "big") + self.last_index.to_bytes(8, "big")

    def hash(self) -> bytes:
        """Return the hash of this leaf of the tree of heads."""
        return leaf_hash(_HEAD + self.packed())

    @classmethod
    def unpack(cls, packed: bytes) -> "Head":
        """Return the head that `packed` (32 bytes) says."""
        count, last = packed[TAG_BYTES : TAG_BYTES + 8], packed[TAG_BYTES + 8 : HEAD_BYTES]
        return cls(packed[:TAG_BYTES], int.from_bytes(count, "big"), int.from_bytes(last, "big"))
