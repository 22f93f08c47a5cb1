"""The tree against RFC 9162, section 2.1: published vectors of Certificate Transparency, and its properties."""

from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of, subtrees

LEAVES = [
    leaf_hash(bytes.fromhex(data))
    for data in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


def slow_root(hashes: list[bytes]) -> bytes:
    """Follow the definition in section 2.1.1 word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(slow_root(hashes[:split]), slow_root(hashes[split:]))


def test_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_root_is_the_published_one(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


@given(sizes)
def test_frontier_gives_the_root_of_the_definition(size: int) -> None:
    assert root_of(leaves(size)) == slow_root(leaves(size))


@given(sizes, st.integers(0, 69))
def test_frontier_goes_on_from_where_it_was_stored(size: int, stored_at: int) -> None:
    assume(stored_at <= size)
    first = Frontier()
    for leaf in leaves(size)[:stored_at]:
        first.append(leaf)

    second = Frontier(first.size, first.hashes)
    for leaf in leaves(size)[stored_at:]:
        second.append(leaf)

    assert second.root() == root_of(leaves(size))
    assert len(second.hashes) == size.bit_count()


def test_frontier_with_the_wrong_number_of_hashes_is_refused() -> None:
    with pytest.raises(ValueError, match="subtree roots"):
        Frontier(3, [bytes(32)])


@given(st.integers(0, 300), st.integers(0, 300))
def test_subtrees_cover_a_range_without_gap_or_overlap(start: int, length: int) -> None:
    covered = [
        leaf
        for height, position in subtrees(start, start + length)
        for leaf in range(position << height, position + 1 << height)
    ]

    assert covered == list(range(start, start + length))


@given(sizes, st.data())
def test_frontier_grows_by_whole_subtrees_as_by_leaves(size: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, size))
    frontier = Frontier()
    for start, end in ((0, cut), (cut, size)):
        for height, position in subtrees(start, end):
            frontier.append(root_of(leaves(size)[position << height : position + 1 << height]), height)

    assert frontier.root() == root_of(leaves(size))


def test_subtree_begins_only_where_its_height_allows() -> None:
    frontier = Frontier()
    frontier.append(LEAVES[0])

    with pytest.raises(ValueError, match="height 1 begins at leaf 1"):
        frontier.append(node_hash(LEAVES[1], LEAVES[2]), 1)


def test_leaf_cannot_pass_for_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
