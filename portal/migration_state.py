"""What a migrated database depends on, as one short text: the same text, the same schema."""

import hashlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_PATTERNS = ("*/migrations/*.py", "protection/**/*.py", "portal/databases.py", "**/*.sql", "requirements/base.lock")
_ELSEWHERE = (".venv", "node_modules", "build", "static")


def digest() -> str:
    """Return a hash of the migrations, of the SQL they write, and of the locked versions of other people's."""
    files = {
        file
        for pattern in _PATTERNS
        for file in PROJECT.glob(pattern)
        if file.relative_to(PROJECT).parts[0] not in _ELSEWHERE
    }
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]
