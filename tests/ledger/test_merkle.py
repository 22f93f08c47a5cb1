"""The tree against RFC 9162, section 2.1: published vectors of Certificate Transparency, and its properties."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.merkle import EMPTY_ROOT, Frontier, inclusion_path, leaf_hash, node_hash, root_from_inclusion, root_of

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
PATH_OF_FIRST_IN_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
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


def test_inclusion_path_is_the_published_one() -> None:
    assert [node.hex() for node in inclusion_path(LEAVES, 0)] == PATH_OF_FIRST_IN_EIGHT


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


@given(sizes, st.integers(0, 69))
def test_every_leaf_proves_its_inclusion(size: int, index: int) -> None:
    assume(index < size)
    path = inclusion_path(leaves(size), index)

    assert root_from_inclusion(leaves(size)[index], index, size, path) == root_of(leaves(size))


@given(sizes, st.integers(0, 69), st.integers(0, 69))
def test_a_leaf_does_not_prove_anothers_place(size: int, index: int, other: int) -> None:
    assume(index < size and other < size and other != index)
    path = inclusion_path(leaves(size), index)

    try:
        root = root_from_inclusion(leaves(size)[index], other, size, path)
    except ValueError:
        return
    assert root != root_of(leaves(size))


@given(st.integers(2, 70), st.data())
def test_altered_path_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(leaves(size), index)
    spoiled = data.draw(st.integers(0, len(path) - 1))
    path[spoiled] = leaf_hash(path[spoiled])

    assert root_from_inclusion(leaves(size)[index], index, size, path) != root_of(leaves(size))


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: [*path, bytes(32)]])
def test_path_of_the_wrong_length_is_refused(change: Callable[[list[bytes]], list[bytes]]) -> None:
    with pytest.raises(ValueError, match="proof"):
        root_from_inclusion(LEAVES[2], 2, 8, change(inclusion_path(LEAVES, 2)))


def test_leaf_outside_the_tree_is_refused() -> None:
    with pytest.raises(IndexError):
        inclusion_path(LEAVES, 8)
    with pytest.raises(ValueError, match="not in a tree"):
        root_from_inclusion(LEAVES[0], 8, 8, [])


def test_leaf_cannot_pass_for_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
