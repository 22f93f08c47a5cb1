"""Imports against a bare lxml.iterparse over the same files."""

import multiprocessing
import os
import resource
import sys
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from django.db import connection

from accounts.models import Account
from benchmarks.database import BUILD
from benchmarks.feeds import write_feed
from benchmarks.measuring import Measurement, against, alternately
from benchmarks.references.iterparse import visit_readings
from energy.services import ensure_months, import_greenbutton
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.factories import AccountFactory

READINGS = 350_000
AS_OF = date(2018, 6, 1)
_BARE = "bare lxml.iterparse over IntervalReading"
_SHARED = Path(os.environ.get("RESGUARDO_SHARED") or Path(__file__).resolve().parents[2] / "shared")
_SAMPLE = _SHARED / "greenbutton" / "samples" / "electric_hourly_2011_one_year.xml"
_OPERATOR = Actor.operator("Bench", "Measuring the import")


def import_350k() -> list[Measurement]:
    """Import ten years of 15-minute readings, whole, into months that are there, as beat makes them."""
    path = feed_of(READINGS)
    _make_months()
    accounts = iter(new_accounts(6))
    take_in(path, next(accounts))
    ours, reference = alternately(lambda: take_in(path, next(accounts)), lambda: visit_readings(path), rounds=5)
    return [against("import_350k", ours, "s", _BARE, reference, limit=3)]


def import_ten_files() -> list[Measurement]:
    """Import ten copies of a year of hourly readings for ten accounts."""
    is_sample = _SAMPLE.exists()
    path = _SAMPLE if is_sample else feed_of(8760, seconds=3600)
    _make_months()
    groups = iter([new_accounts(10) for _ in range(8)])
    _take_in_all(path, next(groups))
    ours, reference = alternately(
        lambda: _take_in_all(path, next(groups)), lambda: [visit_readings(path) for _ in range(10)], rounds=7
    )
    name = _BARE if is_sample else f"{_BARE} (a generated file: the public sample is not there)"
    return [against("import_ten_files", ours, "s", name, reference, limit=5)]


def import_memory() -> list[Measurement]:
    """Import 350,000 readings in a process of its own, and a tenth of them in another: memory must not grow."""
    _make_months()
    small, large = (_peak_of(feed_of(count)) for count in (READINGS // 10, READINGS))
    return [against("import_memory", large, "MB at its peak", "an import of a tenth", small, limit=1.2)]


def feed_of(readings: int, *, seconds: int = 900) -> Path:
    """Return a generated feed, written at first use."""
    path = BUILD / "bench" / f"{readings}_readings_of_{seconds}_seconds.xml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_feed(path.with_suffix(".part"), readings=readings, seconds=seconds).replace(path)
    return path


def new_accounts(count: int) -> list[Account]:
    """Make accounts to import for."""
    with provider_rows():
        return AccountFactory.create_batch(count)


def take_in(path: Path, account: Account, as_of: date = AS_OF) -> None:
    """Import a file in a transaction of its own."""
    with path.open("rb") as stream, provider_rows():
        import_greenbutton(stream=stream, name=path.name, account=account, as_of=as_of, by=_OPERATOR)


def _take_in_all(path: Path, accounts: list[Account]) -> None:
    for account in accounts:
        take_in(path, account, date(2014, 6, 1))


def _make_months() -> None:
    ensure_months(first=date(2011, 1, 1), last=date(2024, 1, 1))


def _peak_of(path: Path) -> float:
    """Return the most megabytes that a forked process has while it imports."""
    (account,) = new_accounts(1)
    connection.close()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_import_in_child, args=(path, account, sender))
    child.start()
    peak: float = receiver.recv()
    child.join()
    return peak


def _import_in_child(path: Path, account: Account, sender: Connection) -> None:
    take_in(path, account)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sender.send(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))
    connection.close()
    os._exit(0)
