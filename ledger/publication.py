"""What of the ledger is kept outside the database: every checkpoint, and every leaf hash in the order of the log.

`RESGUARDO_CHECKPOINT_DIR` holds a file a checkpoint, named by its size, and `leaves.bin` with 32 bytes an entry. The
checkpoints show that something was changed, the leaves which entry. Neither names a person.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from ledger.errors import LedgerBrokenError
from ledger.models import Checkpoint, SealedEntry

LEAVES = "leaves.bin"
HASH_BYTES = 32


def folder() -> Path:
    """Return the place outside the database."""
    return Path(settings.CHECKPOINT_DIR)


def published_sizes() -> list[int]:
    """Return the sizes of the published checkpoints, the smallest first."""
    return sorted(int(path.stem) for path in folder().glob("[0-9]*.txt"))


def published_reach() -> int:
    """Return how many entries anything that is published speaks of: a checkpoint, or a leaf."""
    try:
        leaves = (folder() / LEAVES).stat().st_size // HASH_BYTES
    except FileNotFoundError:
        leaves = 0
    return max([leaves, *published_sizes()])


def published_text(size: int) -> str:
    """Return the published checkpoint over `size` entries."""
    return _place(size).read_text(encoding="utf-8")


def published_leaves(start: int = 0) -> Iterator[bytes]:
    """Yield the published leaf hashes from a log index on."""
    with suppress(FileNotFoundError), (folder() / LEAVES).open("rb") as file:
        file.seek(start * HASH_BYTES)
        while len(leaf := file.read(HASH_BYTES)) == HASH_BYTES:
            yield leaf


def publish(checkpoint: Checkpoint) -> None:
    """Keep a checkpoint and the leaves under it outside the database, once and for all; call it once committed.

    Raises LedgerBrokenError when another checkpoint of the same size has been published.
    """
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    _publish_leaves(checkpoint.size)
    place = _place(checkpoint.size)
    if not place.exists():
        with NamedTemporaryFile("w", dir=folder(), prefix=".", encoding="utf-8") as draft:
            draft.write(checkpoint.text)
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):
                os.link(draft.name, place)
    if place.read_text(encoding="utf-8") != checkpoint.text:
        raise LedgerBrokenError(f"Another checkpoint over {checkpoint.size} entries has been published: {place}.")


def _place(size: int) -> Path:
    return folder() / f"{size:012}.txt"


def _publish_leaves(size: int) -> None:
    """Append the leaves that the file lacks, after whole ones only: a crash may have cut the last one short."""
    with (folder() / LEAVES).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = file.seek(0, os.SEEK_END) // HASH_BYTES
        if kept >= size:
            return
        file.truncate(kept * HASH_BYTES)
        missing = SealedEntry.objects.filter(log_index__gte=kept, log_index__lt=size).order_by("log_index")
        for leaf in missing.values_list("leaf_hash", flat=True).iterator(chunk_size=10_000):
            file.write(bytes(leaf))
        file.flush()
        os.fsync(file.fileno())
