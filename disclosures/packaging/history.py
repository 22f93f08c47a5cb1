"""Write the disclosure history as an auditor takes it away: CSV, JSON Lines and a signed manifest over both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from disclosures.history import HistoryFilter, HistoryRow
from disclosures.packaging.spreadsheet import SpreadsheetWriter
from disclosures.selectors import history
from ledger.actor import Actor
from ledger.selectors import latest_checkpoint, unsealed_count
from ledger.signing import sign_receipt
from protection.clock import transaction_time

CSV_NAME, JSONL_NAME, MANIFEST_NAME = "disclosures.csv", "disclosures.jsonl", "manifest.json"
COLUMNS = (
    "entry",
    "at",
    "outcome",
    "accounts",
    "recipient",
    "purpose",
    "basis",
    "citation",
    "fields",
    "data_from",
    "data_to",
    "format",
    "reason",
    "by",
    "missing",
    "request",
    "recipient_uuid",
    "customers",
    "consent",
)
PROVES = (
    "The files are those that the provider's portal wrote: the signature covers their SHA-256.",
    "Each row of disclosures.jsonl carries what opens its ledger entry: its salt and the evidence it commits to.",
    "The checkpoint is the provider's signed statement of how large its ledger was and of its root.",
)
DOES_NOT_PROVE = (
    "That nothing was disclosed beside the portal.",
    "That every entry lies under the checkpoint: entries not sealed yet are counted as unsealed.",
    "That the list is complete: compare it with the checkpoints that you received at other times.",
)


@dataclass(frozen=True, slots=True)
class WrittenHistory:
    """What was written: the signed manifest, and the number of rows."""

    manifest: dict[str, Any]
    count: int


def write_history(folder: Path, filters: HistoryFilter, *, reason: str, by: Actor) -> WrittenHistory:
    """Write the three files into `folder`, within the caller's snapshot, so that counts, rows and checkpoint agree."""
    counts = _write_rows(folder, filters)
    checkpoint = latest_checkpoint()
    manifest = sign_receipt(
        {
            "type": "disclosure history",
            "version": 1,
            "provider": settings.PROVIDER["name"],
            "made_at": transaction_time(),
            "made_by": by.name,
            "reason": reason,
            "filter": filters.as_json(),
            "counts": {**counts, "total": sum(counts.values())},
            "files": [_described(folder / name) for name in (CSV_NAME, JSONL_NAME)],
            "checkpoint": {"size": checkpoint.size, "root": checkpoint.root_hex, "text": checkpoint.text}
            if checkpoint
            else None,
            "unsealed": unsealed_count(),
            "proves": PROVES,
            "does_not_prove": DOES_NOT_PROVE,
        }
    )
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    _private(folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")
    return WrittenHistory(manifest, sum(counts.values()))


def _write_rows(folder: Path, filters: HistoryFilter) -> dict[str, int]:
    counts = {"released": 0, "denied": 0}
    with (
        _private(folder / CSV_NAME).open("w", encoding="utf-8", newline="") as table,
        _private(folder / JSONL_NAME).open("w", encoding="utf-8") as lines,
    ):
        writer = SpreadsheetWriter(table, COLUMNS)
        for row in history(filters).walk():
            record = row.as_json()
            writer.write({**record, "missing": [condition.message for condition in row.conditions]})
            lines.write(json.dumps({**record, "proof": _proof(row)}, ensure_ascii=False) + "\n")
            counts[row.outcome.value] += 1
    return counts


def _proof(row: HistoryRow) -> Mapping[str, Any]:
    """Return what opens the row's ledger entries: salt and canonical evidence, both in the clear.

    A line's own entry commits to SHA-256(salt ‖ release hash ‖ subject), the release's to its evidence. Bytes are in
    hexadecimal, the evidence is text.
    """
    own = {"salt": bytes(row.asked.salt).hex(), "evidence": bytes(row.asked.evidence).decode()}
    if row.line is None:
        return {"entry": row.entry_id, **own}
    return {
        "entry": row.entry_id,
        "salt": bytes(row.line.salt).hex(),
        "subject": bytes(row.line.customer.tag).hex(),
        "release": {"entry": row.asked.entry_id, **own},
    }


def _private(path: Path) -> Path:
    """Make the file, for its owner alone: an export tells whose data went where."""
    path.touch(mode=0o600, exist_ok=False)
    return path


def _described(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        digest = sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return {"name": path.name, "sha256": digest.hexdigest(), "size": path.stat().st_size}
