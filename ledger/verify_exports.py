"""Check an export of the disclosure history: that its entries are the ledger's, that none is missing, what it tells.

For `ledger.verify`, which has checked the manifest's signature and the files' hashes before. Needs no Django.
"""

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.completeness import Checked, ProofError, check_entries

TYPE = "resguardo.disclosure-history"
OWN_TYPE = "resguardo.own-history"
"""A customer's own history: the same in one document, with everything inside."""

Opener = Callable[[str], AbstractContextManager[BinaryIO]]
"""Opens a file of the export by its name; raises FileNotFoundError or KeyError where there is none."""


def log_key(payload: Mapping[str, Any]) -> bytes:
    """Return the 32 bytes of the log's public key that the manifest names."""
    return b64decode(payload["log"]["public_key"], validate=True)


def check_export(payload: Mapping[str, Any], open_file: Opener) -> Checked:
    """Check entries, proof, releases and table against each other. Raises ProofError naming the line that fails."""
    told = _Told()
    with open_file("releases.jsonl") as file:
        for number, line in enumerate(_lines(file, "releases.jsonl"), start=1):
            told.open_release(number, line)
    with open_file("proof.json") as file:
        proof = _json(file.read(), "proof.json")
    with open_file("entries.jsonl") as entries, open_file("cover.txt") as cover:
        key = Ed25519PublicKey.from_public_bytes(log_key(payload))
        hashes = (node.decode("ascii").rstrip("\n") for node in cover)
        try:
            checked = check_entries(told.watch(_lines(entries, "entries.jsonl")), {**proof, "cover": hashes}, key)
        except ProofError as error:
            text = str(error)
            raise ProofError(f"entries.jsonl, {text}" if text.startswith("line ") else text) from error
    told.compare(payload["counts"])
    return checked


def check_own_history(payload: Mapping[str, Any]) -> Checked:
    """Check a customer's own history that carries a proof. Raises ProofError naming the line that fails."""
    proof = {name: value for name, value in payload["proof"].items() if name != "cover"}
    inside = {
        "entries.jsonl": _as_lines(payload["entries"]),
        "releases.jsonl": _as_lines(payload["releases"]),
        "proof.json": json.dumps(proof).encode(),
        "cover.txt": "".join(f"{node}\n" for node in payload["proof"]["cover"]).encode(),
    }
    if not isinstance(proof.get("history"), str):
        raise ProofError("The proof does not claim a whole history.")
    return check_export(payload, lambda name: BytesIO(inside[name]))


def _as_lines(entries: Iterable[object]) -> bytes:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries).encode()


class _Told:
    """Watches the entry lines go by: what each disclosure says must be what its entry commits to."""

    def __init__(self) -> None:
        self._releases: dict[str, Mapping[str, Any]] = {}
        self._counts: Counter[str] = Counter()

    def open_release(self, number: int, line: Mapping[str, Any]) -> None:
        """Take in what opens a release; its commitment is worked out, never believed."""
        evidence = line["evidence"].encode()
        commitment = sha256(bytes.fromhex(line["salt"]) + evidence).hexdigest()
        if commitment != line["release"]:
            raise ProofError(f"releases.jsonl, line {number}: what the release says is not what was committed to.")
        opened = json.loads(evidence)
        if opened["ledger"]["kind"] != "release.made":
            raise ProofError(f"releases.jsonl, line {number}: is no release.")
        self._releases[commitment] = opened

    def watch(self, lines: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Let entry lines pass, and hold what they tell to what they commit to."""
        for number, line in enumerate(lines, start=1):
            told = line.get("disclosure")
            if told is not None:
                self._hold(f"entries.jsonl, line {number}", line, told)
                self._counts[told["outcome"]] += 1
            yield line

    def compare(self, stated: Mapping[str, int]) -> None:
        """Hold the manifest's counts to what passed."""
        counted = {outcome: self._counts[outcome] for outcome in ("released", "denied")}
        if counted != {outcome: stated[outcome] for outcome in counted}:
            raise ProofError(f"The manifest counts {dict(stated)}, the entries tell of {counted}.")

    def _hold(self, name: str, line: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        if line.get("salt") is None:
            raise ProofError(f"{name}: tells of a disclosure but does not open its entry.")
        committed = json.loads(line["evidence"]) if "evidence" in line else self._releases.get(line["release"])
        if committed is None:
            raise ProofError(f"{name}: the release it belongs to is not in releases.jsonl.")
        expected = "denied" if line["kind"] == "release.denied" else "released"
        differing = [member for member in _COMMITTED if told.get(member) != committed.get(_COMMITTED[member])]
        if told["outcome"] != expected or differing:
            raise ProofError(f"{name}: {', '.join(differing) or 'outcome'} is not what the ledger commits to.")


_COMMITTED = {
    "recipient_uuid": "recipient",
    "purpose": "purpose",
    "basis": "basis",
    "citation": "citation",
    "format": "format",
    "reason": "reason",
}
"""What a disclosure tells, and the member of the evidence that commits to it."""


def _lines(file: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, start=1):
        yield _json(line, f"{name}, line {number}")


def _json(text: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"{name}: is not JSON ({error}).") from error
    if not isinstance(found, dict):
        raise ProofError(f"{name}: is not a JSON object.")
    return found
