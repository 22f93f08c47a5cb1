"""The purge journal: JSON lines outside the database, synced to disk, so that a restored backup can be told apart.

Before data is dropped its intent is written, after the transaction committed its outcome. The journal names tables,
days and numbers, never a person.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from ledger.canonical import plain
from retention.models import PurgeItem

FILE_NAME = "purges.jsonl"


def write_intent(item: PurgeItem) -> None:
    """Record that an item's data is about to be dropped; returns once the line is on disk."""
    _append({**_described(item), "event": "intent", "attempt": item.attempts})


def write_outcome(item: PurgeItem) -> None:
    """Record what became of an item; returns once the line is on disk. Writing it again changes nothing."""
    numbers = {"total": item.total, "held": item.held, "dropped": item.dropped, "digest": item.digest}
    _append({**_described(item), "event": "outcome", "status": item.status, **numbers})


def read_journal() -> Iterator[dict[str, Any]]:
    """Yield every line, the oldest first; a last line cut short by a crash is left out."""
    path = _path()
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def _path() -> Path:
    return Path(settings.JOURNAL_DIR) / FILE_NAME


def _described(item: PurgeItem) -> dict[str, object]:
    return {
        "run": item.run.uuid,
        "item": item.pk,
        "retention_class": item.retention_class,
        "action": item.action,
        "partition": item.partition,
        "before": item.before,
    }


def _append(line: Mapping[str, object]) -> None:
    path = _path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    text = json.dumps(plain({**line, "at": datetime.now(UTC)}), separators=(",", ":")) + "\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _end_cut_line(descriptor)
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


def _end_cut_line(descriptor: int) -> None:
    """Cut off what a crash left of a line, so that the next one stands by itself."""
    end = os.fstat(descriptor).st_size
    while end and os.pread(descriptor, 1, end - 1) != b"\n":
        end -= 1
    os.ftruncate(descriptor, end)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
