"""Canonical JSON: one byte sequence for one value, so that a hash over it can be checked by anybody.

A subset of RFC 8785 (JCS): object members sorted by their UTF-16 code units, no white space, UTF-8; numbers are
integers only (amounts and measurements are written as text), which makes the result independent of any float printer.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID


def canonical_bytes(value: object) -> bytes:
    """Return the canonical JSON of `value` as UTF-8. Raises TypeError for a type it does not take, floats included."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def plain(value: object) -> object:
    """Return `value` as JSON types in canonical order: datetimes as UTC RFC 3339, decimals and UUIDs as text."""
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("Canonical JSON takes aware datetimes only.")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    raise TypeError(f"Canonical JSON does not take {type(value).__name__}; write it as text or an integer.")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be")
