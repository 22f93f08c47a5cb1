"""The purge journal: JSON lines outside the database, synced to disk, so that a restored backup can be told apart.

Before data is dropped its intent is written, after the transaction committed its outcome, after a replay how far that
one reached. Lines name tables, days, numbers and the ids of holds, never a person. `docs/purge-journal.md` has the
format: lines are numbered, each carries its own SHA-256 and that of the line before it, so that an altered, lost or
inserted line is noticed. A cut end is not, here: the database knows what was journaled (`retention.reconciliation`).
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from ledger.canonical import canonical_bytes
from retention.models import PurgeItem, PurgeRun

FILE_NAME = "purges.jsonl"
INTENT, OUTCOME, REPLAYED = "intent", "outcome", "replayed"
FIRST_PREVIOUS = "0" * 64
TAIL_BYTES = 65_536
"""Some two nights' lines, so that a look at the end costs the same after ten years."""
_CHAIN = ("number", "previous", "sha256")

Entry = dict[str, Any]
Stamp = tuple[int, int, int]
ItemName = tuple[str, str, str]
"""Run, partition and action: what names an item, also in another copy of the database, where its number differs."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What the file says: the readable lines, the oldest first, and what is wrong with the others or their chain."""

    entries: list[Entry]
    faults: list[str]

    @property
    def last_number(self) -> int:
        """Return the number of the last line; 0 for a journal that has none."""
        return int(self.entries[-1]["number"]) if self.entries else 0

    def outcomes(self) -> dict[ItemName, Entry]:
        """Return the last outcome of every item."""
        return {name_of(entry): entry for entry in self.entries if entry["event"] == OUTCOME}


def name_of(entry: Mapping[str, Any]) -> ItemName:
    """Return what names the item of a line."""
    return str(entry["run"]), str(entry["partition"]), str(entry["action"])


def write_intents(items: Iterable[PurgeItem]) -> None:
    """Record that the data of these items is about to be dropped; returns once the lines are on disk."""
    _append([{**_described(item), "event": INTENT, "attempt": item.attempts} for item in items])


def write_outcomes(items: Iterable[PurgeItem]) -> None:
    """Record what became of items; returns once the lines are on disk. The last of several outcomes counts."""
    _append([_outcome(item) for item in items])


def write_replayed(run: PurgeRun, *, through: int) -> None:
    """Record that a run has purged again what the lines up to a number say."""
    _append([{"event": REPLAYED, "run": run.uuid, "as_of": run.as_of, "through": through}])


def stamp() -> Stamp | None:
    """Return what changes whenever the file does; None where there is none."""
    try:
        status = path().stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def read_journal() -> Journal:
    """Read every line and hold the chain against them; a last line cut short by a crash is left out."""
    try:
        content = path().read_bytes()
    except FileNotFoundError:
        return Journal([], [])
    return _checked(_whole_lines(content))


def read_end() -> list[Entry]:
    """Return the entries of the last TAIL_BYTES alone, however long the journal is."""
    try:
        with path().open("rb") as file:
            start = max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES)
            file.seek(start)
            lines = _whole_lines(file.read())
    except FileNotFoundError:
        return []
    return [entry for line in lines[1 if start else 0 :] if (entry := _parsed(line))]


def write_anew(journal: Journal) -> Path:
    """Put a damaged journal aside and chain its readable lines anew; return where the damaged one lies now."""
    aside = path().with_name(f"{FILE_NAME}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    descriptor = _locked()
    try:
        path().rename(aside)
    finally:
        os.close(descriptor)
    _append([{name: value for name, value in entry.items() if name not in _CHAIN} for entry in journal.entries])
    return aside


def path() -> Path:
    """Return where the journal is."""
    return Path(settings.JOURNAL_DIR) / FILE_NAME


def _described(item: PurgeItem) -> dict[str, object]:
    return {
        "run": item.run.uuid,
        "retention_class": item.retention_class,
        "action": item.action,
        "partition": item.partition,
        "before": item.before,
    }


def _outcome(item: PurgeItem) -> dict[str, object]:
    numbers = {"total": item.total, "held": item.held, "dropped": item.dropped, "digest": item.digest}
    return {**_described(item), "event": OUTCOME, "status": item.status, "holds": item.hold_ids, **numbers}


def _append(entries: Iterable[Mapping[str, object]]) -> None:
    """Chain lines to the end of the file, one writer at a time, and wait until they are on disk."""
    descriptor = _locked()
    try:
        _end_cut_line(descriptor)
        number, previous = _end_of_chain(descriptor)
        lines = []
        for entry in entries:
            number += 1
            line = _line({"at": datetime.now(UTC), **entry, "number": number, "previous": previous})
            previous = line["sha256"]
            lines.append(json.dumps(line, separators=(",", ":")) + "\n")
        _write(descriptor, "".join(lines).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    """Write all of it; a full disk, which takes a part first, raises at the second try."""
    while content:
        content = content[os.write(descriptor, content) :]


def _line(content: Mapping[str, object]) -> Entry:
    plain = canonical_bytes(content)
    return cast(Entry, {**json.loads(plain), "sha256": sha256(plain).hexdigest()})


def _locked() -> int:
    """Open the file, made where there is none, and lock it; not the one that was put aside in the meantime."""
    place = path()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        is_new = not place.exists()
        descriptor = os.open(place, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_new:
            _sync_folder(place.parent)
        if place.exists() and place.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
        os.close(descriptor)


def _end_cut_line(descriptor: int) -> None:
    """Cut off what a crash left of a line, so that the next one stands by itself."""
    os.ftruncate(descriptor, _start_of_line(descriptor, os.fstat(descriptor).st_size))


def _start_of_line(descriptor: int, position: int) -> int:
    """Return where the line begins of which `position` is the end."""
    while position and os.pread(descriptor, 1, position - 1) != b"\n":
        position -= 1
    return position


def _end_of_chain(descriptor: int) -> tuple[int, str]:
    """Return number and hash of the last line; of one that cannot be read what a reader takes them for."""
    end = os.fstat(descriptor).st_size
    if not end:
        return 0, FIRST_PREVIOUS
    start = _start_of_line(descriptor, end - 1)
    line = os.pread(descriptor, end - 1 - start, start)
    entry = _parsed(line)
    if entry is None:
        lines = os.pread(descriptor, end - 1, 0).split(b"\n")
        return _last_link(lines)
    return int(entry["number"]), str(entry["sha256"])


def _whole_lines(content: bytes) -> list[bytes]:
    whole, _newline, _cut = content.rpartition(b"\n")
    return whole.split(b"\n") if whole else []


def _checked(lines: list[bytes]) -> Journal:
    entries: list[Entry] = []
    faults: list[str] = []
    _walk(lines, entries.append, faults.append)
    return Journal(entries, faults)


def _last_link(lines: list[bytes]) -> tuple[int, str]:
    return _walk(lines, lambda entry: None, lambda fault: None)


def _walk(lines: list[bytes], take: Callable[[Entry], object], complain: Callable[[str], object]) -> tuple[int, str]:
    """Follow the chain; return the last line's number and hash. A line that is none counts as one all the same."""
    number, previous = 0, FIRST_PREVIOUS
    for place, line in enumerate(lines, start=1):
        entry = _parsed(line)
        if entry is None:
            complain(f"line {place} is damaged")
            number, previous = number + 1, sha256(line).hexdigest()
            continue
        if (entry["number"], entry["previous"]) != (number + 1, previous):
            complain(f"line {place} does not follow the one before it")
        take(entry)
        number, previous = int(entry["number"]), str(entry["sha256"])
    return number, previous


def _parsed(line: bytes) -> Entry | None:
    """Return a line that is what it was when it was written, else None."""
    try:
        entry = json.loads(line)
        digest = entry.pop("sha256")
        is_whole = sha256(canonical_bytes(entry)).hexdigest() == digest
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return {**entry, "sha256": digest} if is_whole and {"number", "previous", "event"} <= set(entry) else None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
