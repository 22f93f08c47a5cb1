"""The detached process that stops an embedded server when its last user is gone.

Started by `lifecycle` as `python -m portal.embedded.watcher KIND HOME DESCRIPTOR`; never by hand.
"""

import os
import signal
import sys
from pathlib import Path

from portal.embedded import lifecycle
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.redis import EmbeddedRedis

_KINDS: dict[str, type[EmbeddedPostgres] | type[EmbeddedRedis]] = {
    EmbeddedPostgres.kind: EmbeddedPostgres,
    EmbeddedRedis.kind: EmbeddedRedis,
}


def main() -> None:
    """Watch the server named on the command line."""
    kind, home, descriptor = sys.argv[1:4]
    os.chdir("/")
    for harmless in (signal.SIGINT, signal.SIGHUP):
        signal.signal(harmless, signal.SIG_IGN)
    lifecycle.watch(_KINDS[kind](Path(home)), int(descriptor))


if __name__ == "__main__":
    main()
