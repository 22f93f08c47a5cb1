"""Lint the SQL of our migrations with squawk: `python -m tests.migration_lint`.

Writes one file per migration since the first release into build/migrations. What is left out, and why, is in
.squawk.toml.
"""

import os
import subprocess
import sys
from pathlib import Path

import django
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.embedded import servers
from portal.migration_state import PROJECT

# The last migration of each package in the first release: up to there the tables are new and empty.
FIRST_RELEASE = {
    "accounts": "0009",
    "consent": "0003",
    "disclosures": "0004",
    "energy": "0005",
    "ledger": "0003",
    "protection": "0003",
    "retention": "0008",
    "rights": "0002",
}
TARGET = PROJECT / "build" / "migrations"


def ours(label: str) -> bool:
    """Tell whether an app is a package of this project."""
    return Path(apps.get_app_config(label).path).parent == PROJECT


def write_sql() -> list[Path]:
    """Write what each of our migrations since the first release would run, and return the files."""
    loader = MigrationLoader(connection, replace_migrations=False)
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.sql"):
        old.unlink()
    files = []
    for label, name in sorted(key for key in loader.disk_migrations if ours(key[0])):
        if name[:4] <= FIRST_RELEASE.get(label, "0001"):
            continue
        statements = loader.collect_sql([(loader.graph.nodes[label, name], False)])
        file = TARGET / f"{label}_{name}.sql"
        file.write_text("\n".join(statements), encoding="utf-8")
        files.append(file)
    return files


def main() -> int:
    """Write the SQL, lint it, and return squawk's exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("RESGUARDO_PROCESS", "deploy")
    servers.use_needed()
    django.setup()
    files = write_sql()
    if not files:
        return 0
    squawk = Path(sys.executable).with_name("squawk")
    return subprocess.run([squawk, "--config", PROJECT / ".squawk.toml", *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
