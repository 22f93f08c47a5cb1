"""Proofs that leaves stand in a tree under a root. Pure functions: those that make a proof are given a reader of nodes.

*Inclusion* and *consistency* are those of RFC 9162, sections 2.1.3 and 2.1.4. A *cover* proves several leaves at once,
a contiguous range as well as one subject's scattered ones: the leaves shown, in order, and for what lies between them
the roots of the fewest perfect subtrees; together they are the whole tree, so that its root can be worked out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from ledger.merkle import Frontier, Subtree, bagged, node_hash, subtrees

Reader = Callable[[Sequence[Subtree]], Sequence[bytes]]
"""Returns the roots of perfect subtrees, in the order in which they are asked for."""

Range = tuple[int, int]

_AT_ONCE = 4_000


def inclusion_path(index: int, size: int, read: Reader) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (section 2.1.3.1)."""
    if not 0 <= index < size:
        raise IndexError(f"There is no leaf {index} in a tree of {size}.")
    return _roots(_siblings(index, size), read)


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to (section 2.1.3.2). ValueError: a path of the wrong length."""
    if not 0 <= index < size:
        raise ValueError(f"Leaf {index} is not in a tree of {size}.")
    node, position, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise ValueError("The inclusion proof is longer than the tree is high.")
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ValueError("The inclusion proof is shorter than the tree is high.")
    return node


def consistency_path(first: int, second: int, read: Reader) -> list[bytes]:
    """Return the proof that the tree of `first` leaves begins the one of `second` (section 2.1.4.1)."""
    if not 0 < first <= second:
        raise IndexError(f"A tree of {first} leaves begins none of {second}.")
    return _roots(_consistency_ranges(first, second), read)


def are_consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Say whether a consistency proof holds (section 2.1.4.2)."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    steps = iter(path)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = next(steps) if first & (first - 1) else first_root
    for node in steps:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def cover(indexes: Iterable[int], size: int, read: Reader) -> Iterator[bytes]:
    """Yield what a tree of `size` leaves holds beside the leaves at `indexes` (ascending), as a cover's hashes.

    Reads some thousand nodes at a time, however many leaves there are.
    """
    parts = (subtree for start, end in _gaps(indexes, size) for subtree in subtrees(start, end))
    while wanted := list(islice(parts, _AT_ONCE)):
        yield from read(wanted)


def root_from_cover(leaves: Iterable[tuple[int, bytes]], size: int, hashes: Iterable[bytes]) -> bytes:
    """Return the root that leaves (index and leaf hash, ascending) and a cover's hashes lead to.

    Raises ValueError when they do not make a tree of `size` leaves.
    """
    frontier, rest = Frontier(), iter(hashes)
    for index, leaf in leaves:
        if not frontier.size <= index < size:
            raise ValueError(f"Leaf {index} is out of order or outside the tree of {size}.")
        _fill(frontier, index, rest)
        frontier.append(leaf)
    _fill(frontier, size, rest)
    if next(rest, None) is not None:
        raise ValueError("The cover has more hashes than the tree has room for.")
    return frontier.root()


def _fill(frontier: Frontier, until: int, hashes: Iterator[bytes]) -> None:
    for height, _position in subtrees(frontier.size, until):
        node = next(hashes, None)
        if node is None:
            raise ValueError("The cover lacks hashes.")
        frontier.append(node, height)


def _gaps(indexes: Iterable[int], size: int) -> Iterator[Range]:
    start = 0
    for index in indexes:
        if not start <= index < size:
            raise IndexError(f"Leaf {index} is out of order or outside the tree of {size}.")
        yield start, index
        start = index + 1
    yield start, size


def _roots(ranges: Sequence[Range], read: Reader) -> list[bytes]:
    """Return the root over each range of leaves, with one call of the reader."""
    parts = [list(subtrees(start, end)) for start, end in ranges]
    nodes = iter(read([subtree for part in parts for subtree in part]))
    return [bagged([next(nodes) for _subtree in part]) for part in parts]


def _split(start: int, end: int) -> int:
    """Return where the definition divides a range of two or more leaves: at the largest power of two below its size."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _siblings(index: int, size: int) -> list[Range]:
    """Return the ranges whose roots make an audit path, the lowest first."""
    start, end, found = 0, size, []
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def _consistency_ranges(first: int, second: int) -> list[Range]:
    """Return the ranges whose roots make a consistency proof (SUBPROOF of section 2.1.4.1)."""
    start, end, found = 0, second, []
    while end > first:
        middle = _split(start, end)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return [*([(start, end)] if start and start < end else []), *found[::-1]]
