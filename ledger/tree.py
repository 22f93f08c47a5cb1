"""The log's tree as the database keeps it: the leaves, and above them the roots of every 16, 256, 4096 and so on."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from django.db import connection

from ledger.errors import LedgerBrokenError
from ledger.merkle import Subtree, root_of
from ledger.models import TreeNode

LEVEL_BITS = 4
"""Nodes are kept at every fourth height; what lies between is worked out from at most eight of them."""

_LEAVES = """
    SELECT wanted.number, leaf.leaf_hash
    FROM unnest(%(numbers)s::int[], %(firsts)s::bigint[], %(pasts)s::bigint[]) AS wanted(number, first, past)
    JOIN ledger_sealed leaf ON leaf.log_index >= wanted.first AND leaf.log_index < wanted.past
    ORDER BY wanted.number, leaf.log_index
"""
_NODES = """
    SELECT wanted.number, node.hash
    FROM unnest(%(numbers)s::int[], %(firsts)s::bigint[], %(pasts)s::bigint[]) AS wanted(number, first, past)
    JOIN ledger_node node ON node.level = %(level)s
        AND node.position >= wanted.first AND node.position < wanted.past
    ORDER BY wanted.number, node.position
"""

_Wanted = tuple[int, int, int]
"""The number under which a subtree was asked for, and the half-open range of positions on its level."""


def read_nodes(wanted: Sequence[Subtree]) -> list[bytes]:
    """Return the roots of perfect subtrees of the log, in the order asked for; one query a level.

    Raises LedgerBrokenError when the database does not hold what they are made of.
    """
    by_level: dict[int, list[_Wanted]] = {}
    for number, (height, position) in enumerate(wanted):
        level, rest = divmod(height, LEVEL_BITS)
        by_level.setdefault(level, []).append((number, position << rest, position + 1 << rest))
    roots: dict[int, bytes] = {}
    for level, parts in by_level.items():
        roots |= _roots(level, parts)
    return [roots[number] for number in range(len(wanted))]


def extend_nodes(start: int, end: int) -> None:
    """Keep the nodes that the leaves [start, end) completed, level by level."""
    level, first, past = 1, start >> LEVEL_BITS, end >> LEVEL_BITS
    while first < past:
        below = [(position, position << LEVEL_BITS, position + 1 << LEVEL_BITS) for position in range(first, past)]
        roots = _roots(level - 1, below)
        TreeNode.objects.bulk_create(
            (TreeNode(level=level, position=position, hash=root) for position, root in roots.items()), batch_size=2_000
        )
        level, first, past = level + 1, first >> LEVEL_BITS, past >> LEVEL_BITS


def _roots(level: int, parts: Sequence[_Wanted]) -> dict[int, bytes]:
    numbers, firsts, pasts = (list(column) for column in zip(*parts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _NODES if level else _LEAVES, {"numbers": numbers, "firsts": firsts, "pasts": pasts, "level": level}
        )
        rows = cursor.fetchall()
    found = {number: [bytes(node) for _number, node in group] for number, group in groupby(rows, itemgetter(0))}
    for number, first, past in parts:
        if len(found.get(number, ())) != past - first:
            raise LedgerBrokenError(f"Nodes {first} to {past} of level {level} of the ledger's tree are not all there.")
    return {number: root_of(nodes) for number, nodes in found.items()}
