"""`python -m portal.supervisor` runs the portal; `python -m portal.supervisor reset` throws the demo data away."""

import sys

from portal.databases import UnusableDatabase
from portal.embedded.errors import EmbeddedServerError
from portal.environment import UnusableSetting
from portal.supervisor.errors import CannotRun
from portal.supervisor.reset import reset
from portal.supervisor.running import run

if __name__ == "__main__":
    try:
        reset() if sys.argv[1:] == ["reset"] else run()
    except (CannotRun, EmbeddedServerError, UnusableDatabase, UnusableSetting) as error:
        sys.exit(str(error))
