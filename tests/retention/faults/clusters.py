"""A PostgreSQL cluster of a test's own, which may be stopped at once and started again without disturbing others."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from portal import databases
from portal.embedded import lifecycle
from portal.embedded.postgres import ADMINISTRATOR, PORT, EmbeddedPostgres
from portal.embedded.redis import EmbeddedRedis

Server = TypeVar("Server", "OwnPostgres", "OwnRedis")


class OwnPostgres(EmbeddedPostgres):
    """A cluster that survives its crashes: it waits for its log, which other tests' clusters do not."""

    @classmethod
    def of(cls, url: str) -> "OwnPostgres":
        """Find the cluster by the address that its processes are given."""
        return cls(Path(databases.parse_url(url).host).parent)

    @property
    def url(self) -> str:
        """Return the administrator's DATABASE_URL."""
        return f"postgres://{ADMINISTRATOR}@/postgres?host={quote(str(self.socket_directory), safe='')}&port={PORT}"

    def crash(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate` does; the next start recovers from the log."""
        pid = self._postmaster()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        while self._postmaster() == pid:
            time.sleep(0.01)

    def _settings(self) -> dict[str, str]:
        durable = {"synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "32MB"}
        return {**super()._settings(), **durable}


class OwnRedis(EmbeddedRedis):
    """A Redis of a test's own, which forgets everything when it crashes."""

    @classmethod
    def of(cls, url: str) -> "OwnRedis":
        """Find the server by the address that its processes are given."""
        return cls(Path(urlsplit(url).path).parent.parent)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def crash(self) -> None:
        """Kill the server and remove what it had saved."""
        os.kill(int((self.home / "redis.pid").read_text()), signal.SIGKILL)
        while self.answers():
            time.sleep(0.01)
        (self.home / "dump.rdb").unlink(missing_ok=True)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Have a server up for a block; it is stopped when the last process that uses it has ended."""
    use = lifecycle.use(server)
    try:
        yield server
    finally:
        use.release()
