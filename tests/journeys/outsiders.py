"""Somebody outside who has a file and no portal."""

import subprocess
import sys
from pathlib import Path

from portal.migration_state import PROJECT


def verify(document: Path) -> "subprocess.CompletedProcess[str]":
    """Check a signed document with Python and the verifier alone: no settings, no database."""
    command = [sys.executable, "-m", "ledger.verify", str(document)]
    return subprocess.run(command, cwd=PROJECT, env={}, capture_output=True, text=True, check=False)
