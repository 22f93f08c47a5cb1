"""Real workers of the purge's queue, which take orders for what is to happen to them."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.db import OperationalError, connection
from kombu import Connection

from portal.embedded import servers
from portal.supervisor.children import Child, Part
from portal.supervisor.guard import end_session
from retention.models import PurgeRun
from tests.retention.faults.faults import VARIABLE, Order, Orders

COMMAND = (sys.executable, "-m", "celery", "-A", "tests.retention.faults.worker_app", "worker", "--loglevel=INFO")
OPTIONS = ("--without-mingle", "--without-gossip", "--concurrency=1")
PATIENCE_SECONDS = 90
SWEEP_EVERY_SECONDS = 2


class PurgeWorker:
    """A worker that is started when it is needed, killed when a test wants it, and started again."""

    def __init__(self, name: str, orders: Path) -> None:
        command = [*COMMAND, *OPTIONS, f"--queues={queue()}", f"--hostname={name}@%h"]
        self._part = Part(f"purge-worker-{name}", "purge", command)
        self._orders = orders
        self._child: Child | None = None

    def obey(self, order: Order | None = None) -> None:
        """Have the worker, running or started now, carry out an order in the test's database."""
        Orders(str(connection.settings_dict["NAME"]), order).give(self._orders)
        self.ensure()

    def suffer(self, order: Order, run: PurgeRun) -> None:
        """Give an order, ring for a run, and wait until what was ordered has happened."""
        self.obey(order)
        ring("retention.run", run.pk)
        self.wait_for(lambda: order.has_happened)
        connection.close()

    def ensure(self) -> None:
        """See that the worker runs."""
        if self._child is None or self._child.has_ended():
            self.kill()
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DJANGO_SETTINGS_MODULE", "portal.settings")
                patch.setenv(VARIABLE, str(self._orders))
                self._child = Child(self._part)

    def kill(self) -> None:
        """Kill the worker with its children, as a power cut would."""
        if self._child is not None:
            end_session(self._child.pid, signal.SIGKILL)
            self._child.stop_by(time.monotonic())
            self._child = None

    def kill_child(self) -> None:
        """Kill the process that works on the task, wherever it is."""
        assert self._child is not None
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()
        for pid in children:
            os.kill(int(pid), signal.SIGKILL)

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds; fail with the worker's last words when it never does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            said = self._child.last_words() if self._child else "(it does not run)"
            assert time.monotonic() < until, f"It did not happen in {PATIENCE_SECONDS} s:\n{said}"
            time.sleep(0.05)

    def finish(self, run: PurgeRun) -> None:
        """Have the worker finish a run: ring, as beat does, for what was left, until the run is over."""
        rung = time.monotonic()

        def is_over() -> bool:
            nonlocal rung
            self.ensure()
            if time.monotonic() > rung + SWEEP_EVERY_SECONDS:
                ring("retention.sweep")
                rung = time.monotonic()
            return is_finished(run)

        self.wait_for(is_over)


class Workers:
    """The workers of this test process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: dict[str, PurgeWorker] = {}

    def of(self, name: str = "purge") -> PurgeWorker:
        """Return the worker of a name that works on the server which this test uses."""
        key = f"{name}-{queue()}"
        if key not in self._workers:
            self._workers[key] = PurgeWorker(key, self._folder / f"{key}.json")
        return self._workers[key]

    def kill(self) -> None:
        """Kill every worker."""
        for worker in self._workers.values():
            worker.kill()


def queue() -> str:
    """Return the queue of this test's workers: those that work on another server are not to take its messages."""
    whose = ("own" if given in os.environ else "shared" for given in ("DATABASE_URL", "REDIS_URL"))
    return "-".join(("purge", *whose))


def ring(task: str, *arguments: int) -> None:
    """Ring for a task as beat or a page does, at the broker that the test's workers use."""
    with Connection(servers.broker_url()) as broker:
        current_app.send_task(task, arguments, queue=queue(), connection=broker)


def forget_rings() -> None:
    """Take from the broker what nobody has taken yet, and leave the queue's binding, which living workers rely on."""
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.delete(queue(), "unacked", "unacked_index")


def is_finished(run: PurgeRun) -> bool:
    """Say whether a run is over, through a connection that may have to be opened anew."""
    try:
        run.refresh_from_db()
    except OperationalError:
        connection.close()
        return False
    return run.is_finished
