"""What command lines are given, read from text."""

from argparse import ArgumentTypeError
from datetime import date


def day(text: str) -> date:
    """Read a civil day written as 2026-03-12."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as 2026-03-12.") from None
