"""Processes as they run in life: processes of their own, each under its database role, rung for over Redis."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.core.cache import cache

from portal import environment
from portal.supervisor.children import Child, Part, parts
from portal.supervisor.guard import end_session

PATIENCE_SECONDS = 60


class Processes:
    """The portal's processes, started by the same commands as the supervisor's."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(self, *names: str) -> None:
        """Start the parts of these names, as the supervisor calls them; workers take up what waits."""
        for part in parts():
            if part.name in names:
                self.start_part(part)

    def start_part(self, part: Part) -> None:
        """Start one process."""
        self._children.append(Child(part))

    def have_ended(self) -> bool:
        """Tell whether every process has ended by itself."""
        return all(child.has_ended() for child in self._children)

    def last_words(self) -> dict[str, str]:
        """Return what each process said last, by its name."""
        return {child.part.name: child.last_words() for child in self._children}

    def kill(self) -> None:
        """Kill them all at once, as a power cut would."""
        for child in self._children:
            end_session(child.pid, signal.SIGKILL)
        while self._children:
            self._children.pop().stop_by(time.monotonic())

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds; fail with the processes' last words when it never does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            said = "\n".join(child.last_words() for child in self._children)
            assert time.monotonic() < until, f"It did not happen in {PATIENCE_SECONDS} s:\n{said}"
            time.sleep(0.1)


@pytest.fixture
def processes(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Processes on the test's own database, and a broker without what earlier tests rang for."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "portal.settings")
    monkeypatch.setenv("RESGUARDO_WORKER_PROCESSES", "1")
    forget_messages()
    made = Processes()
    try:
        yield made
    finally:
        made.kill()
        forget_messages()


def forget_messages() -> None:
    """Empty the broker's database, which is this test process's own."""
    assert environment.name() == "test"
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.flushdb()
    cache.clear()
