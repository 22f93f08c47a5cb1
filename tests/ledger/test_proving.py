"""Proofs made from the database and checked by the verifier's own code: entries, ranges, whole histories, absence."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import proving
from ledger.canonical import canonical_bytes
from ledger.completeness import Checked, ProofError, check_entries
from ledger.errors import NotProvableError
from ledger.heads import take_heads
from ledger.merkle import root_of, subtrees
from ledger.models import HeadsPage, HeadsTree, SealedEntry, TreeNode
from ledger.proving import entry_line
from ledger.sealing import seal_entries
from ledger.services import PROVIDER_TAG, Witness, new_tag, record
from ledger.signing import checkpoint_key
from ledger.tasks import take_heads_of_subjects
from ledger.tree import read_nodes

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("worker")]

Line = dict[str, Any]


def add(count: int, tag: bytes = PROVIDER_TAG) -> list[Witness]:
    return [record(kind="a.done", subject_tag=tag, evidence={"number": number}) for number in range(count)]


def lines_of(entries: Sequence[SealedEntry], witnesses: Sequence[Witness] = ()) -> list[Line]:
    """Return entry lines, opened where a witness is given."""
    opened = {witness.entry_id: witness for witness in witnesses}
    lines = []
    for sealed in entries:
        line = entry_line(sealed)
        if witness := opened.get(sealed.pk):
            line |= {"salt": witness.salt.hex(), "evidence": witness.evidence.decode()}
        lines.append(line)
    return lines


def log(start: int = 0, end: int | None = None) -> list[SealedEntry]:
    return list(SealedEntry.objects.select_related("entry").order_by("log_index")[start:end])


def check(lines: Sequence[Line], proof: dict[str, Any]) -> Checked:
    """Check as an outsider would: from the files' text alone."""
    return check_entries(json.loads(json.dumps(lines)), json.loads(json.dumps(proof)), checkpoint_key().public_key())


def prove_entries(indexes: Sequence[int]) -> dict[str, Any]:
    return proving.prove_entries(indexes).as_json()


def prove_range(start: int, end: int) -> dict[str, Any]:
    return proving.prove_range(start, end).as_json()


def prove_history(tag: bytes) -> dict[str, Any]:
    return proving.prove_history(tag).as_json()


def history_in(tag: bytes, proof: dict[str, Any]) -> list[SealedEntry]:
    """Return the subject's entries that came before the heads were taken."""
    entries = SealedEntry.objects.select_related("entry").filter(entry__subject_tag=tag).order_by("log_index")
    return [sealed for sealed in entries if sealed.log_index < proof["heads"]["log_size"]]


@pytest.fixture
def subject() -> tuple[bytes, list[Witness]]:
    """A subject with 30 entries among some 300 others of several subjects, sealed in parts, with heads taken."""
    chance, tag, own = Random(7), new_tag(), []
    others = [new_tag() for _ in range(5)]
    for _ in range(30):
        own += add(1, tag)
        for _ in range(chance.randint(5, 15)):
            add(1, chance.choice(others))
        if chance.random() < 0.2:
            seal_entries()
    seal_entries()
    take_heads()
    seal_entries()
    return tag, own


def test_nodes_are_the_roots_of_their_leaves(subject: tuple[bytes, list[Witness]]) -> None:
    leaves = [bytes(sealed.leaf_hash) for sealed in log()]
    wanted = list(subtrees(3, len(leaves)))

    assert TreeNode.objects.filter(level=2).exists()
    assert read_nodes(wanted) == [root_of(leaves[at << height : at + 1 << height]) for height, at in wanted]


def test_history_is_proven_whole(subject: tuple[bytes, list[Witness]]) -> None:
    tag, own = subject
    proof = prove_history(tag)

    found = check(lines_of(history_in(tag, proof), own), proof)

    assert (found.entries, found.opened) == (30, 30)
    assert tag.hex() in found.claim


def test_history_holds_after_its_evidence_was_purged(subject: tuple[bytes, list[Witness]]) -> None:
    tag, own = subject
    proof = prove_history(tag)

    found = check(lines_of(history_in(tag, proof), own[20:]), proof)

    assert (found.entries, found.opened) == (30, 10)


@pytest.mark.parametrize("missing", [0, 12, 29])
def test_history_with_an_entry_left_out_is_refused(subject: tuple[bytes, list[Witness]], missing: int) -> None:
    tag, own = subject
    proof = prove_history(tag)
    lines = lines_of(history_in(tag, proof), own)
    del lines[missing]

    with pytest.raises(ProofError, match=r"missing|30 entries in the log, but 29|lacks hashes|more hashes|root"):
        check(lines, proof)


def test_history_proven_without_its_last_entry_by_a_forged_cover_is_refused(
    subject: tuple[bytes, list[Witness]],
) -> None:
    tag, own = subject
    proof = prove_history(tag)
    entries = history_in(tag, proof)[:-1]
    indexes = [*(sealed.log_index for sealed in entries), proof["heads"]["entry"]["log_index"]]
    forged = {**proof, "cover": prove_entries(indexes)["cover"]}

    with pytest.raises(ProofError, match="30 entries in the log, but 29 are here"):
        check(lines_of(entries, own), forged)


@pytest.mark.parametrize("tag", [bytes(15) + b"\x01", b"\xff" * 16, None])
def test_absence_is_proven(subject: tuple[bytes, list[Witness]], tag: bytes | None) -> None:
    tag = tag or new_tag()

    assert check([], prove_history(tag)).entries == 0


def test_absence_of_one_who_is_there_is_refused(subject: tuple[bytes, list[Witness]]) -> None:
    tag, _own = subject
    proof = prove_history(new_tag()) | {"history": tag.hex()}

    with pytest.raises(ProofError):
        check([], proof)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "b.done"},
        {"entry": 1},
        {"subject_index": 9},
        {"created_at": "2020-01-01T00:00:00+00:00"},
        {"commitment": "00" * 32},
        {"salt": "00" * 32},
        {"evidence": "{}"},
        {"evidence": None},
        {"log_index": "3"},
        {"subject": "zz"},
    ],
)
def test_altered_line_is_refused(subject: tuple[bytes, list[Witness]], change: Line) -> None:
    tag, own = subject
    proof = prove_history(tag)
    lines = lines_of(history_in(tag, proof), own)
    lines[8] |= change

    with pytest.raises(ProofError):
        check(lines, proof)


@pytest.mark.parametrize(
    "path",
    [
        ("cover", 0),
        ("heads", "root"),
        ("heads", "shown", 0, "path", 0),
        ("heads", "shown", 0, "subject"),
        ("heads", "entry", "salt"),
        ("heads", "entry", "commitment"),
    ],
)
def test_altered_proof_is_refused(subject: tuple[bytes, list[Witness]], path: tuple[str | int, ...]) -> None:
    tag, own = subject
    proof = prove_history(tag)
    lines = lines_of(history_in(tag, proof), own)
    altered: Any = deepcopy(proof)
    inner = altered
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "ab" * (len(inner[path[-1]]) // 2)

    with pytest.raises(ProofError):
        check(lines, altered)


@pytest.mark.parametrize("change", [{"entries": 29}, {"last_index": 1}, {"position": 0}])
def test_altered_head_is_refused(subject: tuple[bytes, list[Witness]], change: Line) -> None:
    tag, own = subject
    proof = prove_history(tag)
    proof["heads"]["shown"][0] |= change | ({"position": 99} if "position" in change else {})

    with pytest.raises(ProofError):
        check(lines_of(history_in(tag, proof), own), proof)


def test_opening_of_another_kind_or_subject_is_refused(subject: tuple[bytes, list[Witness]]) -> None:
    salt = bytes(32)
    body = canonical_bytes({"ledger": {"kind": "b.done", "subject": PROVIDER_TAG.hex()}})
    (sealed,) = log(0, 1)
    line = entry_line(sealed) | {"salt": salt.hex(), "evidence": body.decode()}

    with pytest.raises(ProofError, match="line 1: what the entry says"):
        check([line], prove_entries([0]))


def test_range_is_proven_whole(subject: tuple[bytes, list[Witness]]) -> None:
    found = check(lines_of(log(50, 200)), prove_range(50, 200))

    assert found.entries == 150
    assert found.claim == "all entries of the log from 50 up to 200"


@pytest.mark.parametrize("lines", [slice(0, 149), slice(1, 150)])
def test_range_with_an_entry_left_out_is_refused(subject: tuple[bytes, list[Witness]], lines: slice) -> None:
    with pytest.raises(ProofError):
        check(lines_of(log(50, 200))[lines], prove_range(50, 200))


def test_range_that_claims_less_than_it_proves_is_refused(subject: tuple[bytes, list[Witness]]) -> None:
    proof = prove_range(50, 200) | {"range": [50, 201]}

    with pytest.raises(ProofError, match="150 are here"):
        check(lines_of(log(50, 200)), proof)


def test_proof_signed_by_another_key_is_refused(subject: tuple[bytes, list[Witness]]) -> None:
    proof = prove_range(0, 1)
    proof["checkpoint"] = proof["checkpoint"].replace("\n", " ", 1)

    with pytest.raises(ProofError):
        check(lines_of(log(0, 1)), proof)


def test_history_without_heads_is_refused(subject: tuple[bytes, list[Witness]]) -> None:
    tag, own = subject
    proof = prove_history(tag)
    lines = lines_of(history_in(tag, proof), own)
    del proof["heads"]

    with pytest.raises(ProofError, match="carries no heads"):
        check(lines, proof)


@pytest.mark.parametrize(
    "attempt", [lambda: prove_range(0, 10**6), lambda: prove_range(5, 5), lambda: prove_history(bytes(16))]
)
def test_what_is_not_sealed_cannot_be_proven(attempt: Callable[[], object]) -> None:
    add(3)
    seal_entries()

    with pytest.raises(NotProvableError):
        attempt()


def test_heads_are_taken_once_while_nothing_comes(subject: tuple[bytes, list[Witness]]) -> None:
    assert take_heads() == take_heads()
    add(1)
    seal_entries()
    take_heads()

    assert HeadsTree.objects.count() == 2


def test_pages_of_old_trees_go_and_roots_stay() -> None:
    for _ in range(4):
        add(2)
        seal_entries()
        take_heads()
        seal_entries()

    assert HeadsTree.objects.count() == 4
    assert HeadsPage.objects.values("tree").distinct().count() == 2


def test_many_heads_take_several_pages() -> None:
    tags = [new_tag() for _ in range(600)]
    for tag in tags:
        add(1, tag)
    seal_entries()
    take_heads()
    seal_entries()

    assert HeadsPage.objects.count() == 3
    for tag in (min(tags), max(tags), tags[5], new_tag()):
        proof = prove_history(tag)
        check(lines_of(history_in(tag, proof)), proof)


def test_proof_takes_few_queries_however_long_the_history(subject: tuple[bytes, list[Witness]]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        prove_history(subject[0])

    assert len(queries) <= 12


def test_task_takes_heads_that_are_sealed_with_their_own_entry() -> None:
    tag = new_tag()
    add(1, tag)

    assert take_heads_of_subjects() == 1
    assert prove_history(tag)["heads"]["log_size"] == 1
