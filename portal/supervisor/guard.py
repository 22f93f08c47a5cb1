"""The process that ends the supervisor's children when the supervisor was killed.

The supervisor holds the write end of its standard input and sends it the children's pids, a line each; the end of that
pipe is the end of the supervisor. `python -m portal.supervisor.guard` is started by the supervisor, never by hand.
"""

import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

_PATIENCE_SECONDS = 3


class Guard:
    """The supervisor's end: start the guard and tell it whom to end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "portal.supervisor.guard"], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def watch(self, pid: int) -> None:
        """Have this child's session ended should the supervisor die."""
        if self._process.stdin:
            self._process.stdin.write(f"{pid}\n")
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def end_session(pid: int, number: int) -> None:
    """Send a signal to every process of a child's session; do nothing when it is gone."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def main() -> None:
    """Wait for the supervisor's end, ask its children to stop, and end them three seconds later."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pids = [int(line) for line in sys.stdin]
    for pid in pids:
        end_session(pid, signal.SIGTERM)
    time.sleep(_PATIENCE_SECONDS if pids else 0)
    for pid in pids:
        end_session(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
