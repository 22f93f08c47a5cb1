"""A PostgreSQL cluster of a test's own, which may be stopped at once and started again without disturbing others."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from portal import databases
from portal.embedded import lifecycle
from portal.embedded.postgres import ADMINISTRATOR, PORT, EmbeddedPostgres


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


@contextmanager
def running(home: Path) -> Iterator[OwnPostgres]:
    """Have a cluster up for a block; it is stopped when the last process that uses it has ended."""
    server = OwnPostgres(home)
    use = lifecycle.use(server)
    try:
        yield server
    finally:
        use.release()
