"""Faults that really happen, at a named point of a real worker's purge.

The worker is started with a Celery app of the tests (`worker_app`), which reads its orders before each task, observes
the waypoints, and does what is ordered when the purge comes there for the first time: the process is killed, loses its
connection, or its PostgreSQL stops at once and comes up again.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum, auto
from pathlib import Path
from typing import Any

from celery import current_app
from django.db import connection

from portal import databases, environment
from retention.models import PurgeItem
from retention.waypoints import Subject, Waypoint
from tests.retention.faults.clusters import OwnPostgres, OwnRedis

VARIABLE = "TESTS_ORDERS"


class Fault(StrEnum):
    """What happens."""

    CHILD_KILLED = auto()
    WORKER_KILLED = auto()
    CONNECTION_TERMINATED = auto()
    POSTGRES_RESTARTED = auto()
    DELAYED = auto()
    REDIS_EMPTIED = auto()
    REDIS_LOST = auto()


PROCESS_FAULTS = (
    Fault.CHILD_KILLED,
    Fault.WORKER_KILLED,
    Fault.CONNECTION_TERMINATED,
    Fault.POSTGRES_RESTARTED,
)
"""The faults of the matrix."""

DELAY_SECONDS = 7
"""Longer than an item's claim lasts, so that others come to it."""


_KILLS = (Fault.CHILD_KILLED, Fault.WORKER_KILLED)


@dataclass(frozen=True)
class Order:
    """Which fault happens at which point of which item; `position` None: of the run, or of whichever comes first."""

    fault: Fault
    point: Waypoint
    position: int | None
    note: str
    """A file that is made when it happens, so that it happens once."""

    def observe(self, point: Waypoint, subject: Subject) -> None:
        """Do it, when this is the point and the item, for the first time."""
        position = subject.position if isinstance(subject, PurgeItem) else None
        if point != self.point or (self.position is not None and position != self.position):
            return
        with suppress(FileExistsError):
            os.close(os.open(self.note, os.O_CREAT | os.O_EXCL))
            happen(self.fault)
            Path(self.note).write_text("over")

    @property
    def has_happened(self) -> bool:
        note = Path(self.note)
        return note.exists() and (self.fault in _KILLS or note.read_text() == "over")


@dataclass(frozen=True)
class Orders:
    """What a worker is to do from its next task on: in which database it works, and the fault, if any."""

    database: str
    fault: Order | None = None

    def give(self, place: Path) -> None:
        """Write the orders where the worker looks for them."""
        fresh = place.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(place)

    @classmethod
    def taken(cls) -> "Orders":
        """Read the orders that this worker has now."""
        found: dict[str, Any] = json.loads(Path(os.environ[VARIABLE]).read_text())
        fault = found["fault"]
        return cls(
            found["database"],
            fault and Order(Fault(fault["fault"]), Waypoint(fault["point"]), fault["position"], fault["note"]),
        )


def happen(fault: Fault) -> None:
    """Let it happen to this process."""
    _HAPPENINGS[fault]()


def _kill_child() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_worker() -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _terminate_connection() -> None:
    assert connection.connection is not None
    backend = connection.connection.info.backend_pid
    with databases.administrator().connect(autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])


def _restart_postgres() -> None:
    server = OwnPostgres.of(environment.text("DATABASE_URL"))
    server.crash()
    server.start()


def _delay() -> None:
    time.sleep(DELAY_SECONDS)


def _empty_redis() -> None:
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.flushall()


def _lose_redis() -> None:
    server = OwnRedis.of(environment.text("REDIS_URL"))
    server.crash()
    server.start()


_HAPPENINGS: dict[Fault, Callable[[], None]] = {
    Fault.CHILD_KILLED: _kill_child,
    Fault.WORKER_KILLED: _kill_worker,
    Fault.CONNECTION_TERMINATED: _terminate_connection,
    Fault.POSTGRES_RESTARTED: _restart_postgres,
    Fault.DELAYED: _delay,
    Fault.REDIS_EMPTIED: _empty_redis,
    Fault.REDIS_LOST: _lose_redis,
}
