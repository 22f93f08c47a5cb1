"""Write `docs/vectors/ledger.json`, a small log of fixed bytes with every proof: `python -m tests.ledger.vectors`.

Nothing in it is random, so that a verifier in another language can be held to it byte by byte.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.canonical import canonical_bytes
from ledger.checkpoints import sign_checkpoint
from ledger.completeness import leaf_of
from ledger.leaves import Head
from ledger.merkle import Subtree, root_of
from ledger.proofs import Reader, consistency_path, cover, inclusion_path

FILE = Path(__file__).resolve().parents[2] / "docs" / "vectors" / "ledger.json"
ORIGIN = "privacy.utility.example/ledger"
PROVIDER = "00" * 16
SUBJECTS = [f"{number:032x}" for number in (0x11, 0x22, 0x33)]
BEGIN = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"ledger vectors").digest())

Line = dict[str, Any]


def reader(leaves: Sequence[bytes]) -> Reader:
    """Read perfect subtrees of a tree held in memory."""

    def read(wanted: Sequence[Subtree]) -> list[bytes]:
        return [root_of(leaves[position << height : position + 1 << height]) for height, position in wanted]

    return read


def line(number: int, subject: str, index: int, kind: str, evidence: dict[str, object]) -> Line:
    """Return the entry line at place `number`, opened."""
    salt = sha256(f"salt {number}".encode()).digest()
    body = canonical_bytes({**evidence, "ledger": {"kind": kind, "subject": subject}})
    return {
        "log_index": number,
        "entry": 100 + number,
        "created_at": (BEGIN + timedelta(hours=number)).isoformat(),
        "kind": kind,
        "subject": subject,
        "subject_index": index,
        "commitment": sha256(salt + body).hexdigest(),
        "salt": salt.hex(),
        "evidence": body.decode(),
    }


def release_line(number: int, subject: str, index: int, release: Line) -> Line:
    """Return the entry line of a subject's part in a release: it commits to the release's own commitment."""
    salt = sha256(f"salt {number}".encode()).digest()
    about = bytes.fromhex(release["commitment"]) + bytes.fromhex(subject)
    made = line(number, subject, index, "release.line", {})
    made |= {"commitment": sha256(salt + about).hexdigest(), "release": release["commitment"]}
    del made["evidence"]
    return made


def short_head(case: dict[str, Any]) -> dict[str, Any]:
    """Let a history's head say one entry fewer than the tree of heads has."""
    shown = case["proof"]["heads"]["shown"]
    heads = {**case["proof"]["heads"], "shown": [{**shown[0], "entries": 2, "last_index": 3}]}
    return {**case, "proof": {**case["proof"], "heads": heads}}


def closed_heads(case: dict[str, Any]) -> dict[str, Any]:
    """Show the entry of a history's heads without what opens it."""
    entry = {**case["proof"]["heads"]["entry"], "salt": None, "evidence": None}
    return {**case, "proof": {**case["proof"], "heads": {**case["proof"]["heads"], "entry": entry}}}


def make() -> dict[str, Any]:
    """Return the log and its proofs."""
    one, two, _absent = SUBJECTS
    lines = [
        line(0, one, 0, "consent.granted", {"project": "Año 2026 ≥ 1 “ok”", "fields": ["usage.values"]}),
        line(1, two, 0, "account.opened", {"day": "2026-03-14"}),
        line(2, PROVIDER, 0, "release.made", {"lines": 2}),
    ]
    lines.append(release_line(3, one, 1, lines[2]))
    lines.append(release_line(4, two, 1, lines[2]))
    lines.append(line(5, one, 2, "consent.withdrawn", {"reason": ""}))
    lines.append(line(6, PROVIDER, 1, "purge.completed", {"dropped": 12, "held": 0, "total": 12}))
    heads = [Head(bytes(16), 2, 6), Head(bytes.fromhex(one), 3, 5), Head(bytes.fromhex(two), 2, 4)]
    heads_leaves = [head.hash() for head in heads]
    root = root_of(heads_leaves).hex()
    lines.append(line(7, PROVIDER, 2, "ledger.heads_taken", {"log_size": 7, "root": root, "size": 3}))
    lines.append(line(8, two, 2, "account.closed", {"day": "2026-03-15"}))
    leaves = [leaf_of(each).hash() for each in lines]

    def shown(position: int) -> dict[str, Any]:
        head = heads[position]
        path = [node.hex() for node in inclusion_path(position, 3, reader(heads_leaves))]
        found = {"subject": head.subject_tag.hex(), "entries": head.entries, "last_index": head.last_index}
        return {**found, "position": position, "path": path}

    def checkpoint(size: int) -> str:
        return sign_checkpoint(origin=ORIGIN, size=size, root=root_of(leaves[:size]), key=KEY)

    def proof(indexes: Sequence[int], **claim: object) -> dict[str, Any]:
        hashes = [node.hex() for node in cover(indexes, 9, reader(leaves))]
        return {"type": "resguardo.proof", "version": 1, "checkpoint": checkpoint(9), "cover": hashes, **claim}

    def history(subject: str, places: Sequence[int], positions: Sequence[int]) -> dict[str, Any]:
        taken = {"size": 3, "log_size": 7, "root": root, "entry": lines[7], "shown": [shown(at) for at in positions]}
        return {"proof": proof([*places, 7], history=subject, heads=taken), "lines": [lines[at] for at in places]}

    purged = {"salt": None, "evidence": None}
    half_purged = history(one, [0, 3, 5], [1])
    half_purged["lines"][0] = {**lines[0], **purged}
    return {
        "public_key": b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(),
        "origin": ORIGIN,
        "lines": lines,
        "leaf_hashes": [leaf.hex() for leaf in leaves],
        "roots": [root_of(leaves[:size]).hex() for size in range(1, 10)],
        "checkpoints": {str(size): checkpoint(size) for size in (5, 9)},
        "inclusion": [
            {"index": at, "size": 9, "path": [node.hex() for node in inclusion_path(at, 9, reader(leaves))]}
            for at in range(9)
        ],
        "consistency": {
            "first": 5,
            "second": 9,
            "path": [node.hex() for node in consistency_path(5, 9, reader(leaves))],
        },
        "heads": {"leaf_hashes": [leaf.hex() for leaf in heads_leaves], "root": root},
        "valid": {
            "single entry": {"proof": proof([5]), "lines": [lines[5]]},
            "range": {"proof": proof(range(2, 7), range=[2, 7]), "lines": lines[2:7]},
            "history": history(one, [0, 3, 5], [1]),
            "history, first entry purged": half_purged,
            "absent, between two": history("00" * 15 + "1a", [], [1, 2]),
            "absent, after the last": history(SUBJECTS[2], [], [2]),
        },
        "invalid": {
            "altered kind": {"proof": proof([5]), "lines": [{**lines[5], "kind": "consent.granted"}]},
            "evidence of another": {
                "proof": proof([5]),
                "lines": [{**lines[5], "evidence": lines[0]["evidence"], "salt": lines[0]["salt"]}],
            },
            "range with a gap": {"proof": proof([2, 3, 5, 6], range=[2, 7]), "lines": [*lines[2:4], *lines[5:7]]},
            "history without its last": history(one, [0, 3], [1]),
            "absent, though there": history(one, [], [0, 2]),
            "another checkpoint": {"proof": {**proof([5]), "checkpoint": checkpoint(5)}, "lines": [lines[5]]},
            "signature of another note": {
                "proof": {**proof([5]), "checkpoint": checkpoint(9).replace(ORIGIN, "elsewhere.example/ledger", 1)},
                "lines": [lines[5]],
            },
            "another type": {"proof": {**proof([5]), "type": "other"}, "lines": [lines[5]]},
            "another version": {"proof": {**proof([5]), "version": 2}, "lines": [lines[5]]},
            "two claims": {"proof": {**history(one, [0, 3, 5], [1])["proof"], "range": [0, 1]}, "lines": [lines[0]]},
            "cover altered": {
                "proof": {**proof([5]), "cover": ["00" * 32, *proof([5])["cover"][1:]]},
                "lines": [lines[5]],
            },
            "cover short": {"proof": {**proof([5]), "cover": proof([5])["cover"][:-1]}, "lines": [lines[5]]},
            "cover long": {"proof": {**proof([5]), "cover": [*proof([5])["cover"], "00" * 32]}, "lines": [lines[5]]},
            "unopened line altered": {
                "proof": proof([5]),
                "lines": [{**lines[5], **purged, "created_at": lines[6]["created_at"]}],
            },
            "salt altered": {"proof": proof([5]), "lines": [{**lines[5], "salt": lines[0]["salt"]}]},
            "release altered": {"proof": proof([3]), "lines": [{**lines[3], "release": lines[0]["commitment"]}]},
            "lines out of order": {"proof": proof([3, 5]), "lines": [lines[5], lines[3]]},
            "history of another": {
                **history(one, [0, 3, 5], [1]),
                "lines": [{**lines[0], "subject": two}, lines[3], lines[5]],
            },
            "history with a head of fewer": short_head(history(one, [0, 3], [1])),
            "heads not opened": closed_heads(history(one, [0, 3, 5], [1])),
            "absent, with the head below alone": history("00" * 15 + "1a", [], [1]),
            "absent, heads around another": history(SUBJECTS[2], [], [1, 2]),
        },
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(make(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
