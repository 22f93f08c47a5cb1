"""Which installation this is and where its data lies: read before any setting, since defaults lean on it."""

import os
import sys
from pathlib import Path

from portal.environment.errors import UnusableSetting

ENVIRONMENTS = ("demo", "test", "production")


def name() -> str:
    """Return the kind of installation: demo, test or production."""
    value = os.environ.get("RESGUARDO_ENV") or "demo"
    if value not in ENVIRONMENTS:
        raise UnusableSetting(f"RESGUARDO_ENV is {value!r}; give one of {', '.join(ENVIRONMENTS)}.")
    return value


def is_production() -> bool:
    """Tell whether this is a production installation."""
    return name() == "production"


def data_directory() -> Path:
    """Return the absolute directory of this installation's data; tests keep theirs apart, in `test` below it."""
    base = Path(os.environ.get("RESGUARDO_DATA_DIR") or default_data_directory()).expanduser().absolute()
    return base / "test" if name() == "test" else base


def default_data_directory() -> str:
    """Return where data lies when nobody says otherwise: the system's place for root, the user's own for others."""
    if os.geteuid() == 0:
        return "/var/lib/resguardo"
    if sys.platform == "darwin":
        return str(Path.home() / "Library" / "Application Support" / "resguardo")
    return str(Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "resguardo")
