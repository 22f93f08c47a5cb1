"""The Merkle tree of RFC 9162 (Certificate Transparency 2.0), section 2.1, over SHA-256. Pure functions.

A tree of any size falls into *perfect subtrees*: the one named (height, position) covers the leaves from
`position << height` up to, not including, `(position + 1) << height`.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

Subtree = tuple[int, int]
"""Height and position of a perfect subtree."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the perfect subtrees of a growing tree, largest first: all that appending to it needs.

    For a tree of `size` leaves it holds one hash per set bit of `size`.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(hashes):
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} subtree roots, not {len(hashes)}.")
        self.size = size
        self.hashes = list(hashes)

    def append(self, node: bytes, height: int = 0) -> None:
        """Add the root of the next perfect subtree (a leaf, by default), in amortized constant time.

        Raises ValueError where a subtree of that height cannot begin.
        """
        if self.size & (1 << height) - 1:
            raise ValueError(f"No subtree of height {height} begins at leaf {self.size}.")
        taken = self.size >> height
        self.size += 1 << height
        while taken & 1:
            node = node_hash(self.hashes.pop(), node)
            taken >>= 1
        self.hashes.append(node)

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return bagged(self.hashes)


def bagged(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the roots of perfect subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over a sequence of leaf hashes (section 2.1.1)."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def subtrees(start: int, end: int) -> Iterator[Subtree]:
    """Yield the fewest perfect subtrees that cover the leaves [start, end), from left to right."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height
