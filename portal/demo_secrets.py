"""Secrets of demo and test installations: made once, kept in one private file of the data directory."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def token() -> str:
    """Make a random text of 64 characters."""
    return secrets.token_urlsafe(48)


def password() -> str:
    """Make a random password that needs no escape in a URL."""
    return secrets.token_hex(20)


def key() -> str:
    """Make 32 random bytes, in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def rsa_key() -> str:
    """Make an RSA key of 2048 bits, as PEM (PKCS #8)."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def make_data_directory(directory: Path) -> None:
    """Make an installation's data directory, private but for root, whose unprivileged servers must pass through."""
    directory.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


@lru_cache(maxsize=256)
def obtain(directory: Path, name: str, make: Callable[[], str]) -> str:
    """Return the secret of that name in the directory's secrets.json, making and keeping it when there is none.

    Any number of processes may ask at once: the first makes it, under a lock.
    """
    make_data_directory(directory)
    file = directory / "secrets.json"
    with (directory / "secrets.lock").open("a") as lock:
        os.fchmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(file)
        if name not in kept:
            kept[name] = make()
            _write(file, kept)
        return kept[name]


def is_demo_secret(directory: Path, name: str, value: str) -> bool:
    """Tell whether the value is the one that a demo in that directory made for itself."""
    return _read(directory / "secrets.json").get(name) == value


def _read(file: Path) -> dict[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(name): str(value) for name, value in content.items()}


def _write(file: Path, content: dict[str, str]) -> None:
    """Replace the file as a whole, readable by its owner alone, so that no reader sees half of it."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
