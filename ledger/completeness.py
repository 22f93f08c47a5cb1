"""Checking entries of the log against a checkpoint: that each is in it unaltered, and that none is missing. Pure.

An *entry line* is a JSON object as `docs/ledger-format.md` specifies it; a *proof* says which checkpoint, which claim
(`history` of a subject, `range` of the log, or neither: only that each entry is there), and gives the hashes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.checkpoints import CheckpointError, SignedCheckpoint, open_checkpoint
from ledger.leaves import Head, Leaf
from ledger.proofs import root_from_cover, root_from_inclusion

TYPE, VERSION = "resguardo.proof", 1

Line = Mapping[str, Any]


class ProofError(ValueError):
    """Something does not hold; the message says what, and at which line."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What holds: the checkpoint, the number of entries shown, how many of them are opened, and the claim."""

    checkpoint: SignedCheckpoint
    entries: int
    opened: int
    claim: str


def check_entries(lines: Iterable[Line], proof: Mapping[str, Any], key: Ed25519PublicKey) -> Checked:
    """Check entry lines, in the order of the log, against a proof; `key` is the log's public key.

    Reads the lines once, in constant memory. Raises ProofError at the first thing that does not hold.
    """
    try:
        return _check(lines, proof, key)
    except (KeyError, TypeError, AttributeError) as error:
        raise ProofError(f"The proof or a line is not in the specified form ({error!r}).") from error
    except CheckpointError as error:
        raise ProofError(str(error)) from error


def _check(lines: Iterable[Line], proof: Mapping[str, Any], key: Ed25519PublicKey) -> Checked:
    if (proof["type"], proof["version"]) != (TYPE, VERSION):
        raise ProofError(f"This verifier knows proofs of type {TYPE}, version {VERSION}, only.")
    if proof.get("history") is not None and proof.get("range") is not None:
        raise ProofError("The proof makes two claims at once.")
    checkpoint = open_checkpoint(proof["checkpoint"], key)
    count = _Count(proof)
    heads = proof.get("heads")
    shown = count.watch(lines)
    if heads:
        shown = chain(shown, [_indexed(heads["entry"], "the entry of the heads")])
    try:
        root = root_from_cover(shown, checkpoint.size, map(bytes.fromhex, proof["cover"]))
    except ProofError:
        raise
    except ValueError as error:
        raise ProofError(str(error)) from error
    if root != checkpoint.root:
        raise ProofError("Entries and proof do not lead to the checkpoint's root: something was altered or left out.")
    claim = count.claim()
    if heads:
        _check_heads(heads, proof["history"], count)
        claim = f"the complete history of subject {proof['history']} up to entry {heads['log_size']} of the log"
    return Checked(checkpoint, count.entries, count.opened, claim)


class _Count:
    """Watches the lines go by and holds them to the proof's claim."""

    def __init__(self, proof: Mapping[str, Any]) -> None:
        self.entries = self.opened = 0
        self.last_index = -1
        self._subject: str | None = proof.get("history")
        self._range: list[int] | None = proof.get("range")
        if self._subject is not None and not proof.get("heads"):
            raise ProofError("The proof claims a whole history but carries no heads to prove it with.")

    def watch(self, lines: Iterable[Line]) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(lines, start=1):
            self._hold_to_claim(number, line)
            yield _indexed(line, f"line {number}")
            self.entries = number
            self.opened += line.get("salt") is not None
            self.last_index = line["log_index"]

    def claim(self) -> str:
        if self._range is None:
            return "that each entry is in the log"
        start, end = self._range
        if self.entries != end - start:
            raise ProofError(f"Entries {start} to {end} of the log are claimed, but {self.entries} are here.")
        return f"all entries of the log from {start} up to {end}"

    def _hold_to_claim(self, number: int, line: Line) -> None:
        if self._subject is not None and (line["subject"] != self._subject or line["subject_index"] != number - 1):
            raise ProofError(f"line {number}: not entry {number - 1} of subject {self._subject}; one is missing.")
        if self._range is not None and line["log_index"] != self._range[0] + number - 1:
            raise ProofError(f"line {number}: not entry {self._range[0] + number - 1} of the log; one is missing.")


def leaf_of(line: Line) -> Leaf:
    """Return the leaf that an entry line describes. Raises KeyError or ValueError for what is no entry line."""
    return Leaf(
        entry_id=line["entry"],
        created_at=datetime.fromisoformat(line["created_at"]),
        subject_tag=bytes.fromhex(line["subject"]),
        subject_index=line["subject_index"],
        commitment=bytes.fromhex(line["commitment"]),
        kind=line["kind"],
    )


def _indexed(line: Line, name: str) -> tuple[int, bytes]:
    """Return an entry line's log index and leaf hash once its opening, if it has one, fits its commitment."""
    try:
        leaf = leaf_of(line)
        fits = line.get("salt") is None or _opening(line) == leaf.commitment
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProofError(f"{name}: not an entry in the specified form ({error!r}).") from error
    if not fits:
        raise ProofError(f"{name}: what the entry says is not what was committed to.")
    return line["log_index"], leaf.hash()


def _opening(line: Line) -> bytes:
    """Return the commitment that salt and evidence (or, of a release's line, the release) lead to."""
    salt = bytes.fromhex(line["salt"])
    if "release" in line:
        return sha256(salt + bytes.fromhex(line["release"]) + bytes.fromhex(line["subject"])).digest()
    evidence = line["evidence"].encode()
    about = json.loads(evidence)["ledger"]
    if about != {"kind": line["kind"], "subject": line["subject"]}:
        return b""
    return sha256(salt + evidence).digest()


def _check_heads(heads: Mapping[str, Any], subject: str, count: _Count) -> None:
    stated = json.loads(heads["entry"]["evidence"]) if heads["entry"].get("salt") else {}
    if heads["entry"]["kind"] != "ledger.heads_taken" or stated.get("root") != heads["root"]:
        raise ProofError("The heads are not those that the log commits to.")
    if (stated["size"], stated["log_size"]) != (heads["size"], heads["log_size"]):
        raise ProofError("The heads were taken at another size than the log commits to.")
    if heads["entry"]["log_index"] < heads["log_size"]:
        raise ProofError("The heads claim to cover entries that came after them.")
    shown = [_checked_head(entry, heads) for entry in heads["shown"]]
    own = [head for _place, head in shown if head.subject_tag.hex() == subject]
    if own and (own[0].entries, own[0].last_index) != (count.entries, count.last_index):
        raise ProofError(f"The subject has {own[0].entries} entries in the log, but {count.entries} are here.")
    if not own:
        _check_absence(shown, bytes.fromhex(subject), heads["size"])
        if count.entries:
            raise ProofError("The heads know nothing of the subject, but entries are here.")


def _checked_head(entry: Mapping[str, Any], heads: Mapping[str, Any]) -> tuple[int, Head]:
    head = Head(bytes.fromhex(entry["subject"]), entry["entries"], entry["last_index"])
    path = [bytes.fromhex(node) for node in entry["path"]]
    try:
        root = root_from_inclusion(head.hash(), entry["position"], heads["size"], path)
    except ValueError as error:
        raise ProofError(f"The subject's head is not proven: {error}") from error
    if root.hex() != heads["root"]:
        raise ProofError("The subject's head is not in the tree of heads.")
    return entry["position"], head


def _check_absence(shown: list[tuple[int, Head]], tag: bytes, size: int) -> None:
    """Hold two neighbouring heads, or the first alone, or the last, to leaving no room for the tag."""
    places = [place for place, _head in shown]
    is_above = [head.subject_tag > tag for _place, head in shown]
    first, last = [0], [size - 1]
    fits = (
        (places == first and is_above == [True])
        or (places == last and is_above == [False])
        or (len(places) == 2 and places[1] == places[0] + 1 and is_above == [False, True])
        or (not places and not size)
    )
    if not fits:
        raise ProofError("That the log has nothing of the subject is not proven.")
