"""The supervisor's child processes: what they are, their environment, their logs, their end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from portal import databases, environment
from portal.embedded.errors import last_lines
from portal.supervisor.guard import end_session

PROJECT = Path(__file__).resolve().parents[2]
_LONGEST_LOG = 10_000_000
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Part:
    """One child: what it is called, as which kind of process it runs, and its command."""

    name: str
    process: str
    command: Sequence[str]


def parts() -> list[Part]:
    """Return the children in the order in which they are started."""
    celery = [sys.executable, "-m", "celery", "-A", "portal"]
    level = f"--loglevel={environment.text('RESGUARDO_LOG_LEVEL')}"
    count = f"--concurrency={environment.integer('RESGUARDO_WORKER_PROCESSES')}"
    schedule = f"--schedule={environment.data_directory() / 'beat' / 'schedule'}"
    worker = [*celery, "worker", level, "--without-mingle", "--without-gossip"]
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:portal.web_server", "portal.wsgi"]
    return [
        Part("web", "web", gunicorn),
        Part("worker", "worker", [*worker, count, "--queues=default", "--hostname=worker@%h"]),
        Part("purge-worker", "purge", [*worker, "--concurrency=1", "--queues=purge", "--hostname=purge@%h"]),
        Part("beat", "beat", [*celery, "beat", level, schedule, "--pidfile="]),
    ]


def environment_of(process: str) -> dict[str, str]:
    """Return a child's environment: ours, its kind of process, and of a given server its own login alone."""
    given = {**os.environ, "RESGUARDO_PROCESS": process, "PYTHONUNBUFFERED": "1"}
    if environment.text("DATABASE_URL"):
        given["DATABASE_URL"] = databases.login(process).url()
        given["RESGUARDO_DATABASE_ROLES"] = databases.role_stem()
    if process == "web":
        given.setdefault("RESGUARDO_DATABASE_POOL", environment.text("RESGUARDO_WEB_THREADS"))
    return given


def end_with_parent() -> Callable[[], None] | None:
    """Return what, run in a fresh child, has the kernel terminate it when its parent dies; only Linux has it."""
    if not sys.platform.startswith("linux"):
        return None
    library, parent = ctypes.CDLL(None, use_errno=True), os.getpid()

    def arrange() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


class Child:
    """A running part."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.log = _log_file(part.name)
        self._logged_before = self.log.stat().st_size
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                part.command,
                cwd=PROJECT,
                env=environment_of(part.process),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - the supervisor has no threads
            )
        self.pid = self._process.pid

    def has_ended(self) -> bool:
        """Tell whether the child has ended."""
        return self._process.poll() is not None

    def ask_to_stop(self) -> None:
        """Ask the child to stop in an orderly way."""
        if not self.has_ended():
            self._process.terminate()

    def stop_by(self, deadline: float) -> None:
        """Wait for the child's end until that reading of the monotonic clock; end what is left of its session."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        end_session(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """Return the last lines that the child has logged in this run."""
        with self.log.open("rb") as stream:
            stream.seek(self._logged_before)
            return last_lines(stream.read().decode(errors="replace")) or "    (it logged nothing)"


def _log_file(name: str) -> Path:
    directory = environment.data_directory() / "log"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = directory / f"{name}.log"
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return log
