#!/usr/bin/env python3
"""Run a management command: `python manage.py help` lists them.

Any Python may start it: it goes on in the project's environment, which `make setup` makes.
"""

import os
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def enter_environment() -> None:
    """Go on with the Python of .venv when this one lacks Django; say what to do when there is none."""
    if find_spec("django") and find_spec("psycopg"):
        return
    python = ROOT / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == python.parents[1]:
        sys.exit("The environment is not set up yet: run `make setup` first.")
    os.execv(python, [str(python), str(ROOT / "manage.py"), *sys.argv[1:]])


if __name__ == "__main__":
    enter_environment()
    runpy.run_module("portal.command_line", run_name="__main__", alter_sys=False)
