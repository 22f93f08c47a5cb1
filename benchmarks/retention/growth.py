"""How the time of a purge grows with what it forgets: the same twelve months of ten times the readings."""

import os
from collections import deque
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.database import acting_as
from benchmarks.measuring import Measurement, against, beside, seconds_of
from benchmarks.retention.worlds import CUTOFF, FIRST_DAY, World, fill, purge, settle, world_of
from portal import environment
from protection.rowsecurity import provider_rows
from retention.disposal.closing import close_months
from retention.disposal.partitions import partitions_of

LESS, MORE = 10_000_000, 100_000_000
ROUNDS = 3
_BLOCK = os.urandom(1 << 20)


def purge_growth() -> list[Measurement]:
    """Purge ten and a hundred million readings, the best of three rounds each, all of it written out before.

    Beside it: what the file system needs to remove files of the same sizes, which PostgreSQL does after a commit, when
    nobody waits any more but who committed.
    """
    (less, _files), (more, files) = _best(LESS), _best(MORE)
    return [
        against("purge_growth", more, "s", "a tenth of the readings", less, limit=1.5),
        beside("purge_growth_files", more, "s", "removing the same files, without a database", files),
    ]


def _best(readings: int) -> tuple[float, float]:
    """Return the seconds of the quickest purge, and of the quickest removal of files as large as those it removes."""
    purges, removals = [], []
    with world_of(readings) as world:
        sizes = _sizes(world)
        for number in range(ROUNDS):
            if number:
                _refill(world)
            settle(world)
            with acting_as("purge"):
                purges.append(seconds_of(purge))
            removals.append(_removal(sizes))
    return min(purges), min(removals)


def _refill(world: World) -> None:
    fill(world, FIRST_DAY, CUTOFF - timedelta(days=1))
    settle(world, "energy_dayreading")
    with acting_as("purge"), provider_rows():
        close_months()


def _sizes(world: World) -> list[int]:
    """Return the bytes of the expired months' tables and of their indexes."""
    months = [f"{each.schema}.{each.name}" for each in partitions_of("energy_dayreading", before=CUTOFF)]
    statement = "SELECT pg_relation_size(name::regclass), pg_indexes_size(name::regclass) FROM unnest(%s::text[]) name"
    return [size for sizes in world.administrator.execute(statement, [months]).fetchall() for size in sizes]


def _removal(sizes: list[int]) -> float:
    with TemporaryDirectory(dir=environment.data_directory()) as folder:
        files = [_written(Path(folder) / str(number), size) for number, size in enumerate(sizes)]
        return seconds_of(lambda: deque(map(Path.unlink, files), maxlen=0))


def _written(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for start in range(0, size, len(_BLOCK)):
            file.write(_BLOCK[: size - start])
        file.flush()
        os.fsync(file.fileno())
    return path
