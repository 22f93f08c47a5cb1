import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from portal.migration_state import PROJECT


class Supervised:
    """A supervisor under test, with a data directory and a port of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        dropped = ("RESGUARDO_KEYSTORE_DIR", "RESGUARDO_FILES_DIR", "RESGUARDO_JOURNAL_DIR", "RESGUARDO_CHECKPOINT_DIR")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in dropped},
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "RESGUARDO_DATA_DIR": str(directory),
            "RESGUARDO_DATABASE_NAME": "resguardo_test",
            "RESGUARDO_DEMO_DATA": "false",
            "PORT": str(self.port),
        }
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **given: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.supervisor", *arguments],
            cwd=PROJECT,
            env={**self.environment, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def start_until_ready(self) -> "subprocess.Popen[str]":
        process = self.start()
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "is ready at" in line:
                return process
        pytest.fail(said)

    def found(self) -> dict[int, str]:
        """Return the command lines of all processes of this data directory by their pids, oldest first."""
        processes = {}
        for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
            try:
                command, given = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(self.directory).encode() in command + given:
                processes[int(entry.name)] = command.replace(b"\0", b" ").decode()
        return processes

    def processes(self) -> list[str]:
        return list(self.found().values())

    def pid_of(self, word: str) -> int:
        return next(pid for pid, command in self.found().items() if word in command)


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="rg-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def supervised(directory: Path) -> Iterator[Supervised]:
    if os.environ.get("DATABASE_URL"):
        pytest.skip("the supervisor is tested with its own servers")
    if not Path("/proc/self").exists():
        pytest.skip("reads /proc to count processes")
    under_test = Supervised(directory)
    yield under_test
    for process in under_test.started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    assert ended(under_test, 15) == []


def ended(supervised: Supervised, seconds: float) -> list[str]:
    """Wait until nothing of it runs; return what still does after that many seconds."""
    deadline = time.monotonic() + seconds
    while supervised.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    return supervised.processes()


def test_the_portal_runs_and_an_interrupt_ends_all_of_it(supervised: Supervised) -> None:
    process = supervised.start_until_ready()
    with urlopen(f"http://127.0.0.1:{supervised.port}/healthz") as answer:
        assert answer.status == 200
    second = supervised.start(PORT="1")
    assert "already runs on the data" in second.communicate(timeout=30)[0]
    assert second.returncode == 1
    process.send_signal(signal.SIGINT)
    assert "The data stays" in process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert supervised.processes() == []


def test_a_killed_supervisor_leaves_nothing_behind(supervised: Supervised) -> None:
    process = supervised.start_until_ready()
    process.kill()
    process.communicate()
    assert ended(supervised, 10) == []


def test_a_child_that_ends_is_reported_and_ends_the_rest(supervised: Supervised) -> None:
    process = supervised.start_until_ready()
    os.kill(supervised.pid_of("gunicorn"), signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert "The web process has ended" in said
    assert "Listening at" in said
    assert process.returncode == 1
    assert supervised.processes() == []


def test_a_taken_port_is_named_with_the_way_out(supervised: Supervised) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", supervised.port))
        taken.listen()
        process = supervised.start()
        said = process.communicate(timeout=30)[0]
    assert f"Port {supervised.port} on 127.0.0.1 cannot be used" in said
    assert f"PORT={supervised.port + 1} make run" in said
    assert process.returncode == 1


def test_reset_removes_the_data_and_is_refused_while_it_is_used(supervised: Supervised) -> None:
    process = supervised.start_until_ready()
    refused = supervised.start("reset")
    assert "already runs" in refused.communicate(timeout=30)[0]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    for made_by_work in ("certificates", "checkpoints", "files", "journal", "mail"):
        (supervised.directory / "test" / made_by_work).mkdir(exist_ok=True)
    done = supervised.start("reset")
    assert "is gone" in done.communicate(timeout=60)[0]
    left = {path.name for path in (supervised.directory / "test").iterdir()}
    assert left == {"supervisor.lock"}
