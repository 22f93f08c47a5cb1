"""When an embedded server starts and when it stops.

Three locks beside a server's data make it safe for any number of processes that come and go:

- `users.lock`: every using process holds it shared for as long as it lives.
- `starter.lock`: admits one starter at a time; who waits for it finds the server up.
- `watcher.lock`: held by the one detached watcher, which waits for `users.lock` exclusively. It gets that lock when
  the last user is gone, killed ones included, and stops the server while it holds it.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal.embedded import locks

PROJECT = Path(__file__).resolve().parents[2]


class Server(Protocol):
    """Describe what the life cycle needs of an embedded server."""

    kind: str
    home: Path

    def prepare(self) -> None:
        """Make the home directory, so that the locks have a place."""

    def answers(self) -> bool:
        """Tell whether the server answers on its socket: that alone counts as up."""

    def start(self) -> None:
        """Start the server and return when it answers; raise ServerDidNotStart otherwise."""

    def stop(self) -> None:
        """Stop the server and return when it is gone; do nothing when it is not up."""


@dataclass
class Use:
    """One process's use of a server; the server stays up at least until it is released or the process ends."""

    _descriptor: int | None

    def release(self) -> None:
        """End the use; the watcher stops the server when no other is left."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def use(server: Server) -> Use:
    """Start or find the server and hold it up for this process."""
    server.prepare()
    descriptor = locks.take_shared(server.home / "users.lock")
    try:
        with locks.exclusive(server.home / "starter.lock"):
            _ensure_watcher(server)
            if not server.answers():
                server.start()
    except BaseException:
        os.close(descriptor)
        raise
    return Use(descriptor)


def is_in_use(server: Server) -> bool:
    """Tell whether any process uses the server at this moment; one that is being stopped is not in use."""
    if not server.home.is_dir():
        return False
    users = server.home / "users.lock"
    shared = locks.try_shared(users)
    if shared is None:
        return False
    os.close(shared)
    alone = locks.try_exclusive(users)
    if alone is None:
        return True
    os.close(alone)
    return False


def wait_until_stopped(server: Server, seconds: float) -> bool:
    """Wait until a server that nobody uses any more is gone; return at once, with False, while somebody uses it."""
    deadline = time.monotonic() + seconds
    while server.home.is_dir() and not is_in_use(server) and time.monotonic() < deadline:
        watcher = locks.try_exclusive(server.home / "watcher.lock")
        if watcher is not None:
            os.close(watcher)
            return True
        time.sleep(0.02)
    return not server.home.is_dir()


def _ensure_watcher(server: Server) -> None:
    """Start a watcher unless one lives; it inherits its lock, so that no moment is without one."""
    descriptor = locks.try_exclusive(server.home / "watcher.lock")
    if descriptor is None:
        return
    try:
        os.set_inheritable(descriptor, True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [
            sys.executable,
            "-m",
            "portal.embedded.watcher",
            server.kind,
            str(server.home),
            str(descriptor),
        ]
        null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
        os.posix_spawn(sys.executable, command, environment, file_actions=null, setsid=True)
    finally:
        os.close(descriptor)


def watch(server: Server, watcher_lock: int) -> None:
    """Wait until nobody uses the server, stop it, and let go of the watcher's lock."""
    users = locks.take_exclusive(server.home / "users.lock")
    try:
        server.stop()
    finally:
        os.close(watcher_lock)
        os.close(users)
