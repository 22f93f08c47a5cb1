"""Inclusion and consistency against RFC 9162, sections 2.1.3 and 2.1.4, with published vectors; covers by their law."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.merkle import Subtree, leaf_hash, root_of
from ledger.proofs import (
    Reader,
    are_consistent,
    consistency_path,
    cover,
    inclusion_path,
    root_from_cover,
    root_from_inclusion,
)
from tests.ledger.test_merkle import LEAVES, ROOTS, leaves, sizes

PATH_OF_FIRST_IN_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]

# Consistency proofs of the Certificate Transparency test data, by the sizes of the two trees.
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def reader(hashes: Sequence[bytes]) -> Reader:
    """Read perfect subtrees of a tree held in memory."""

    def read(wanted: Sequence[Subtree]) -> list[bytes]:
        return [root_of(hashes[position << height : position + 1 << height]) for height, position in wanted]

    return read


def test_inclusion_path_is_the_published_one() -> None:
    assert [node.hex() for node in inclusion_path(0, 8, reader(LEAVES))] == PATH_OF_FIRST_IN_EIGHT


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_path_is_the_published_one(first: int, second: int) -> None:
    path = consistency_path(first, second, reader(LEAVES))

    assert [node.hex() for node in path] == CONSISTENCY[first, second]
    assert are_consistent(first, bytes.fromhex(ROOTS[first - 1]), second, bytes.fromhex(ROOTS[second - 1]), path)


@given(sizes, st.data())
def test_every_tree_begins_each_later_one(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    hashes = leaves(second)
    path = consistency_path(first, second, reader(hashes))

    assert are_consistent(first, root_of(hashes[:first]), second, root_of(hashes), path)


@given(st.integers(2, 70), st.data())
def test_rewritten_past_is_not_consistent(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    hashes = leaves(second)
    path = consistency_path(first, second, reader(hashes))
    other = [leaf_hash(b"other"), *hashes[1:first]]

    assert not are_consistent(first, root_of(other), second, root_of(hashes), path)
    assert not are_consistent(first, root_of(hashes[:first]), second, root_of(hashes), path[:-1])
    assert not are_consistent(first, root_of(hashes[:first]), second, root_of(hashes), [*path, bytes(32)])


@given(sizes, st.data())
def test_cover_of_any_leaves_leads_to_the_root(size: int, data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, size - 1))))
    hashes = leaves(size)

    found = root_from_cover([(index, hashes[index]) for index in chosen], size, cover(chosen, size, reader(hashes)))

    assert found == root_of(hashes)


@given(st.integers(2, 70), st.data())
def test_cover_does_not_hide_a_leaf_left_out_moved_or_altered(size: int, data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
    hashes = leaves(size)
    hidden = list(cover(chosen, size, reader(hashes)))
    shown = [(index, hashes[index]) for index in chosen]
    spoiled = data.draw(st.integers(0, len(shown) - 1))
    index, leaf = shown[spoiled]

    for change in ([], [(index, leaf_hash(leaf))], [(index + 1, leaf)]):
        altered = [*shown[:spoiled], *change, *shown[spoiled + 1 :]]
        try:
            root = root_from_cover(altered, size, hidden)
        except ValueError:
            continue
        assert root != root_of(hashes)


def test_cover_of_a_range_is_short() -> None:
    hashes = leaves(1_000)

    assert len(list(cover(range(301, 700), 1_000, reader(hashes)))) <= 2 * 10


@pytest.mark.parametrize("change", [lambda found: found[:-1], lambda found: [*found, bytes(32)]])
def test_cover_of_the_wrong_length_is_refused(change: Callable[[list[bytes]], list[bytes]]) -> None:
    with pytest.raises(ValueError, match="cover"):
        root_from_cover([(2, LEAVES[2])], 8, change(list(cover([2], 8, reader(LEAVES)))))


@given(sizes, st.integers(0, 69))
def test_every_leaf_proves_its_inclusion(size: int, index: int) -> None:
    assume(index < size)
    path = inclusion_path(index, size, reader(leaves(size)))

    assert root_from_inclusion(leaves(size)[index], index, size, path) == root_of(leaves(size))


@given(sizes, st.integers(0, 69), st.integers(0, 69))
def test_a_leaf_does_not_prove_anothers_place(size: int, index: int, other: int) -> None:
    assume(index < size and other < size and other != index)
    path = inclusion_path(index, size, reader(leaves(size)))

    try:
        root = root_from_inclusion(leaves(size)[index], other, size, path)
    except ValueError:
        return
    assert root != root_of(leaves(size))


@given(st.integers(2, 70), st.data())
def test_altered_path_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, reader(leaves(size)))
    spoiled = data.draw(st.integers(0, len(path) - 1))
    path[spoiled] = leaf_hash(path[spoiled])

    assert root_from_inclusion(leaves(size)[index], index, size, path) != root_of(leaves(size))


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: [*path, bytes(32)]])
def test_path_of_the_wrong_length_is_refused(change: Callable[[list[bytes]], list[bytes]]) -> None:
    with pytest.raises(ValueError, match="proof"):
        root_from_inclusion(LEAVES[2], 2, 8, change(inclusion_path(2, 8, reader(LEAVES))))


def test_leaf_outside_the_tree_is_refused() -> None:
    with pytest.raises(IndexError):
        inclusion_path(8, 8, reader(LEAVES))
    with pytest.raises(ValueError, match="not in a tree"):
        root_from_inclusion(LEAVES[0], 8, 8, [])
