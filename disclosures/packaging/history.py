"""Write the disclosure history as an auditor takes it away: table, entries, proof and a signed manifest over all."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from django.conf import settings

from disclosures.history import HistoryFilter
from disclosures.packaging.log_lines import entry_lines, release_lines, table_rows
from disclosures.packaging.parts import Part
from disclosures.packaging.summary import summary_paper
from disclosures.packaging.workbook import workbook
from ledger.actor import Actor
from ledger.selectors import unsealed_count
from ledger.signing import checkpoint_key, public_bytes, sign_receipt
from ledger.verifier import FILE_NAME as VERIFIER
from protection.clock import transaction_time

TABLE, ENTRIES, RELEASES, PROOF, COVER = (
    "disclosures.csv",
    "entries.jsonl",
    "releases.jsonl",
    "proof.json",
    "cover.txt",
)
MANIFEST, README = "manifest.json", "README.txt"
WORKBOOK, SUMMARY = "disclosures.xlsx", "summary.pdf"
TYPE = "resguardo.disclosure-history"
VERSION = 1
_CHUNK = 1 << 16

PROVES = (
    "The files are those that the provider's portal wrote: the signature covers their SHA-256.",
    "Every entry shown stands in the ledger as the checkpoint signs it.",
    "None is missing from what proof.json claims: a range of the log, or one customer's history.",
    "Recipient, purpose, basis, citation, format and reason of each disclosure are what its entry commits to.",
)
DOES_NOT_PROVE = (
    "That nothing was disclosed beside the portal.",
    "That closed entries would not match the filter: so says the exporter.",
    "Anything of entries not sealed yet: they are counted as unsealed.",
)

HOW_TO_CHECK = f"""How to check this export without the portal

  python {VERIFIER} PLACE --keys KEYS

PLACE is the archive, or manifest.json beside the other files. KEYS is the list of public keys that the provider
publishes; keep it from another day than the export's. The verifier is one file, from the same page as the keys. It
needs Python 3.11 or later and the package `cryptography`; no network.

summary.pdf       what was asked and counted, and what it proves, on paper
disclosures.csv   a row a disclosure or refusal, for people and spreadsheets
disclosures.xlsx  the same as a workbook, where it was asked for
entries.jsonl     the same with its place in the ledger and what opens it
releases.jsonl    what opens the releases that entries commit to
proof.json        the signed checkpoint, and what is claimed of the entries
cover.txt         the hashes of the rest of the ledger's tree
manifest.json     signed: who exported what, why, and the SHA-256 of every file

The format is specified in docs/ledger-format.md.
"""


@dataclass(frozen=True, slots=True)
class WrittenHistory:
    """What was written: the signed manifest, and the number of rows."""

    manifest: dict[str, Any]
    count: int


class Folder:
    """A folder that an export's files are written into, each for its owner alone: they tell whose data went where."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str) -> IO[bytes]:
        """Open a new file of the folder."""
        (self._path / name).touch(mode=0o600, exist_ok=False)
        return (self._path / name).open("wb")


class Archive:
    """A zip that an export's files are written into as they come, so that nothing is written twice."""

    def __init__(self, opened: ZipFile) -> None:
        self._opened = opened

    def open(self, name: str) -> IO[bytes]:
        """Open a new file of the archive."""
        return self._opened.open(name, "w", force_zip64=True)


def write_history(
    target: Folder | Archive,
    filters: HistoryFilter,
    part: Part,
    *,
    reason: str,
    by: Actor,
    has_workbook: bool = False,
) -> WrittenHistory:
    """Write the files into `target`, within the caller's snapshot, so that rows, proof and counts agree."""
    counts = {"released": 0, "denied": 0}
    files = [
        _written(target, TABLE, _counted(table_rows(part.selection), counts)),
        _written(target, ENTRIES, entry_lines(part.selection)),
        _written(target, RELEASES, release_lines(part.selection)),
        _written(target, PROOF, [json.dumps(part.proof.head(), indent=1).encode(), b"\n"]),
        _written(target, COVER, (node.encode() + b"\n" for node in part.proof.cover())),
        _written(target, README, [HOW_TO_CHECK.encode()]),
    ]
    if has_workbook:
        files.append(_written(target, WORKBOOK, workbook(table_rows(part.selection))))
    checkpoint = part.proof.checkpoint
    facts = {
        "provider": settings.PROVIDER["name"],
        "made_at": transaction_time(),
        "made_by": by.name,
        "reason": reason,
        "filter": filters.as_json(),
        "states": part.statement,
        "counts": {**counts, "total": sum(counts.values())},
        "checkpoint": {"size": checkpoint.size, "root": checkpoint.root_hex},
        "unsealed": unsealed_count(),
        "proves": PROVES,
        "does_not_prove": DOES_NOT_PROVE,
    }
    files.append(_written(target, SUMMARY, [summary_paper(filters, facts)]))
    log = {"origin": settings.LEDGER_ORIGIN, "public_key": _log_key()}
    manifest = sign_receipt({**facts, "type": TYPE, "version": VERSION, "files": files, "log": log})
    _written(target, MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=2).encode(), b"\n"])
    return WrittenHistory(manifest, sum(counts.values()))


def _log_key() -> str:
    return b64encode(public_bytes(checkpoint_key().public_key())).decode()


def _counted(rows: Iterable[bytes], counts: dict[str, int]) -> Iterator[bytes]:
    """Let the rows of the table pass and count them by their first column, the outcome."""
    for number, row in enumerate(rows):
        if number:
            counts["released" if row.startswith(b"released") else "denied"] += 1
        yield row


def _written(target: Folder | Archive, name: str, rows: Iterable[bytes]) -> dict[str, object]:
    """Write a file in large pieces and return its name, size and SHA-256."""
    digest, size, waiting = sha256(), 0, bytearray()
    with target.open(name) as file:
        for row in rows:
            waiting += row
            if len(waiting) >= _CHUNK:
                digest.update(waiting)
                size += file.write(waiting)
                waiting.clear()
        digest.update(waiting)
        size += file.write(waiting)
    return {"name": name, "sha256": digest.hexdigest(), "size": size}
