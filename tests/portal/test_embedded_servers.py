import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.embedded import lifecycle, postgres, redis
from portal.embedded.errors import BinariesMissing
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.redis import EmbeddedRedis
from portal.embedded.server_user import home_directory, server_user, socket_directory
from portal.migration_state import PROJECT

Server = EmbeddedPostgres | EmbeddedRedis
USER_PROGRAM = """
import sys, time
from pathlib import Path
from portal.embedded import lifecycle
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.redis import EmbeddedRedis
server = {"postgresql": EmbeddedPostgres, "redis": EmbeddedRedis}[sys.argv[1]](Path(sys.argv[2]))
lifecycle.use(server)
print("up" if server.answers() else "down", flush=True)
time.sleep(60)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")


@pytest.fixture
def data_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="rg-"))
    directory.chmod(0o755)
    yield directory
    for server in (EmbeddedPostgres(directory / "postgresql"), EmbeddedRedis(directory / "redis")):
        lifecycle.wait_until_stopped(server, 20)
    assert until(lambda: is_removed(directory)), "a server that has stopped answering still writes"


@pytest.fixture
def start_user() -> Iterator[Callable[[Server], "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(server: Server) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", USER_PROGRAM, server.kind, str(server.home)]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_removed(directory: Path) -> bool:
    """Remove a directory from which a server that is just stopping may take its own files meanwhile."""
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def says(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def make(kind: type[Server], directory: Path) -> Server:
    return kind(home_directory(directory, kind.kind))


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedRedis])
def test_a_server_stops_when_its_last_user_was_killed(
    data_directory: Path, start_user: Callable[[Server], "subprocess.Popen[str]"], kind: type[Server]
) -> None:
    server = make(kind, data_directory)
    first, second = start_user(server), start_user(server)
    assert (says(first), says(second)) == ("up", "up")
    first.kill()
    time.sleep(0.5)
    assert server.answers()
    second.kill()
    assert until(lambda: not server.answers())


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedRedis])
def test_three_starters_at_once_share_one_server(
    data_directory: Path, start_user: Callable[[Server], "subprocess.Popen[str]"], kind: type[Server]
) -> None:
    server = make(kind, data_directory)
    users = [start_user(server) for _ in range(3)]
    assert [says(user) for user in users] == ["up", "up", "up"]


def test_a_server_that_crashed_starts_again(data_directory: Path) -> None:
    server = EmbeddedPostgres(home_directory(data_directory, "postgresql"))
    use = lifecycle.use(server)
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    until(lambda: not server.answers())
    again = lifecycle.use(server)
    assert server.answers()
    use.release()
    again.release()


def test_a_stranger_with_the_pid_of_a_dead_server_is_left_alone(data_directory: Path) -> None:
    server = EmbeddedPostgres(home_directory(data_directory, "postgresql"))
    lifecycle.use(server).release()
    assert until(lambda: not server.answers())
    user = server_user(server.home)
    other = {"user": user.uid, "group": user.gid} if user.is_other else {}
    stranger = subprocess.Popen(["sleep", "60"], **other)  # type: ignore[call-overload]
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{server.data}\n1\n5432\n{server.socket_directory}\n\n")
    os.chown(pid_file, user.uid, user.gid)
    use = lifecycle.use(server)
    try:
        assert server.answers()
    finally:
        use.release()
    assert until(lambda: not server.answers())
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_long_path_still_gets_a_socket(data_directory: Path) -> None:
    deep = data_directory / ("long" * 30)
    server = EmbeddedRedis(home_directory(deep, "redis"))
    assert str(server.socket_directory).startswith("/tmp/resguardo-")
    use = lifecycle.use(server)
    assert server.answers()
    assert server.socket_directory.stat().st_mode & 0o777 == 0o700
    use.release()
    assert until(lambda: not server.answers())
    shutil.rmtree(server.socket_directory)


def test_a_short_path_keeps_the_socket_beside_the_data(data_directory: Path) -> None:
    assert socket_directory(data_directory / "redis") == data_directory / "redis" / "socket"


@as_root
def test_root_leaves_the_mode_of_a_private_home_alone(data_directory: Path) -> None:
    home = data_directory / "home"
    home.mkdir(mode=0o700)
    (home / "letter").write_text("private")
    assert not home_directory(home, "postgresql").is_relative_to(home)
    assert home.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_runs_the_server_as_somebody_else(data_directory: Path) -> None:
    server = EmbeddedRedis(home_directory(data_directory, "redis"))
    use = lifecycle.use(server)
    assert server.socket.stat().st_uid != 0
    use.release()
    assert until(lambda: not server.answers())


def test_missing_postgresql_names_the_platform_and_the_ways_out(
    monkeypatch: pytest.MonkeyPatch, data_directory: Path
) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    with pytest.raises(BinariesMissing, match=rf"{os.uname().machine}.*make setup.*DATABASE_URL"):
        lifecycle.use(EmbeddedPostgres(home_directory(data_directory, "postgresql")))


def test_missing_redis_names_the_platform_and_the_ways_out(
    monkeypatch: pytest.MonkeyPatch, data_directory: Path
) -> None:
    monkeypatch.setattr(redis, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(data_directory))
    with pytest.raises(BinariesMissing, match=rf"{os.uname().machine}.*make setup.*REDIS_URL"):
        lifecycle.use(EmbeddedRedis(home_directory(data_directory, "redis")))


def test_redis_on_the_path_serves_where_the_wheel_is_missing(
    monkeypatch: pytest.MonkeyPatch, data_directory: Path
) -> None:
    if not (shutil.which("redis-server") or shutil.which("valkey-server")):
        pytest.skip("no redis-server on the PATH")
    monkeypatch.setattr(redis, "find_spec", lambda name: None)
    server = EmbeddedRedis(home_directory(data_directory, "redis"))
    use = lifecycle.use(server)
    assert server.answers()
    use.release()
    assert until(lambda: not server.answers())
