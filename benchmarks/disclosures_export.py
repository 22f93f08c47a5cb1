"""Exporting a range of the disclosure history with its proof, verifying it, and what both cost beside the bare work."""

import json
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from benchmarks.disclosed import fill_lines, releases_on_consent
from benchmarks.measuring import Measurement, against, alternately
from benchmarks.references.copied_lines import copy_hash_deflate
from disclosures.history import HistoryFilter
from disclosures.packaging.history import Archive, write_history
from disclosures.packaging.parts import part_for, seal_for
from disclosures.snapshots import snapshot
from ledger import verify
from ledger.actor import Actor
from protection.rowsecurity import provider_rows

LINES = 100_000
MANY = 1_000_000
RELEASES = 20
MOST_MEGABYTES = 100
_BY = Actor.operator("Benchmark", "measuring an export")


def disclosures_export(*, is_full: bool = False) -> list[Measurement]:
    """Export all lines as one provable range, as a zip, and verify it from its unpacked files."""
    lines = MANY if is_full else LINES
    fill_lines(releases_on_consent(RELEASES), lines // RELEASES)
    with provider_rows():
        seal_for(HistoryFilter())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "export.zip"
        grown = _megabytes_grown(lambda: _export(archive))
        took, copied = alternately(lambda: _export(archive), _copy, rounds=1 if is_full else 3)
        with ZipFile(archive) as opened:
            opened.extractall(folder / "unpacked")
        entries = folder / "unpacked" / "entries.jsonl"
        verified, read = alternately(
            _verifying(folder / "unpacked"), lambda: _read(entries), rounds=1 if is_full else 3
        )
    label = f"COPY of the same columns, SHA-256, deflate, {lines:,} lines".replace(",", " ")
    return [
        against("disclosures_export", took, "s", label, copied, limit=4),
        against("disclosures_export_memory", grown, "MB above idle", "one", 1, limit=MOST_MEGABYTES),
        against("disclosures_verify", verified, "s", "json.loads and SHA-256 a line", read, limit=6),
    ]


def _export(path: Path) -> None:
    with snapshot(), path.open("wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        write_history(Archive(archive), HistoryFilter(), part_for(HistoryFilter()), reason=_BY.reason, by=_BY)


def _copy() -> None:
    with provider_rows():
        copy_hash_deflate()


def _verifying(folder: Path) -> Callable[[], None]:
    document = json.loads((folder / "manifest.json").read_bytes())

    def check() -> None:
        assert list(verify.faults(document, folder)) == []

    return check


def _read(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
            sha256(line).digest()


def _megabytes_grown(work: Callable[[], None]) -> float:
    """Return by how much the memory that this process holds grew at most; Linux counts anew when told."""
    Path("/proc/self/clear_refs").write_text("5")
    idle = _kilobytes("VmRSS")
    work()
    return max(_kilobytes("VmHWM") - idle, 1) / 1024


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
