"""Advisory file locks: they end with the process that holds them, also with a killed one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def take_shared(path: Path) -> int:
    """Wait for a shared lock on the file and return the descriptor that holds it."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def take_exclusive(path: Path) -> int:
    """Wait for the exclusive lock on the file and return the descriptor that holds it."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def try_exclusive(path: Path) -> int | None:
    """Return a descriptor that holds the exclusive lock on the file, or None when somebody else has a lock."""
    return _try(path, fcntl.LOCK_EX)


def try_shared(path: Path) -> int | None:
    """Return a descriptor that holds a shared lock on the file, or None when somebody has it exclusively."""
    return _try(path, fcntl.LOCK_SH)


def _try(path: Path, operation: int) -> int | None:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the exclusive lock on the file for the length of the block."""
    descriptor = take_exclusive(path)
    try:
        yield
    finally:
        os.close(descriptor)
