"""What a customer's usage query takes while twelve months are purged, again and again, against a quiet time."""

import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from benchmarks.database import acting_as
from benchmarks.measuring import Measurement, against
from benchmarks.retention.worlds import CUTOFF, FIRST_DAY, LAST_DAY, World, fill, purge, settle, world_of
from energy.selectors import days_between
from protection.rowsecurity import provider_rows, subject_rows
from retention.disposal.closing import close_months
from retention.disposal.locks import LOCK_TIMEOUT_MS

READINGS = 1_000_000
SAMPLES = 10_000
QUIET_SECONDS = 10
Span = tuple[float, float]
"""When something began and ended, in seconds of the machine's monotonic clock."""


def purge_readers() -> list[Measurement]:
    """Purge until 10,000 queries of one web process fell into a purge; an error of any of them ends it all."""
    with world_of(READINGS) as world, _reader(world.accounts) as reader:
        quiet = (time.monotonic() + 1, time.monotonic() + 1 + QUIET_SECONDS)
        time.sleep(1 + QUIET_SECONDS)
        purges = _purge_until_enough(world, reader)
        samples = reader.stop()
    before = [_length(sample) for sample in samples if _overlap(sample, quiet)]
    during = [_length(sample) for sample in samples if any(_overlap(sample, each) for each in purges)]
    name = f"ms of {len(during):,} queries in {len(purges)} purges"
    allowed = LOCK_TIMEOUT_MS + 100
    return [
        against("purge_readers_p95", _p95(during), name, "p95 without a purge", _p95(before), limit=2),
        against("purge_readers_slowest", max(during), "ms", "lock timeout + 100 ms", allowed, limit=1),
    ]


class _Reader:
    """A process that asks for one customer's days after the other's, as the web role within the customer's rows."""

    def __init__(self, accounts: range) -> None:
        fork = multiprocessing.get_context("fork")
        self.receiver, self.sender = fork.Pipe(duplex=False)
        self.is_over, self.is_purging, self.met = fork.Event(), fork.Event(), fork.Value("q", 0)
        self.process = fork.Process(target=self._read, args=(accounts,))

    def start(self) -> None:
        connection.close()
        self.process.start()
        self.sender.close()

    def stop(self) -> list[Span]:
        """End the process and return when each of its queries ran. Raises EOFError when one of them failed."""
        self.is_over.set()
        samples: list[Span] = self.receiver.recv()
        return samples

    def _read(self, accounts: range) -> None:
        connection.close()
        samples: list[Span] = []
        with acting_as("web"):
            while not self.is_over.is_set():
                account = random.choice(accounts)
                begun = time.monotonic()
                with subject_rows(user_id=1, accounts=[account]):
                    days = list(days_between(account_ids=[account], from_=FIRST_DAY, to=LAST_DAY + timedelta(days=1)))
                samples.append((begun, time.monotonic()))
                self.met.value += self.is_purging.is_set()
                if not days:
                    raise RuntimeError(f"Account {account} has lost the days that are kept.")
        self.sender.send(samples)
        os._exit(0)


@contextmanager
def _reader(accounts: range) -> Iterator[_Reader]:
    reader = _Reader(accounts)
    reader.start()
    try:
        yield reader
    finally:
        reader.is_over.set()
        reader.process.join()


def _purge_until_enough(world: World, reader: _Reader) -> list[Span]:
    purges: list[Span] = []
    while reader.met.value < SAMPLES and reader.process.is_alive():
        if purges:
            fill(world, FIRST_DAY, CUTOFF - timedelta(days=1))
        settle(world)
        with acting_as("purge"):
            with provider_rows():
                close_months()
            begun = time.monotonic()
            reader.is_purging.set()
            purge()
            reader.is_purging.clear()
            purges.append((begun, time.monotonic()))
    return purges


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _length(span: Span) -> float:
    return (span[1] - span[0]) * 1000


def _p95(lengths: list[float]) -> float:
    return statistics.quantiles(lengths, n=20)[-1]
