"""Several qualities of one reading in one whole number.

A reading may carry any number of ReadingQuality elements (IntervalReading, espi.xsd of ESPI 4.0); nearly all carry one
or none, so a column of qualities has one integer a reading. A single code is that integer. Several lie side by side,
the first lowest, one byte each if all are below 256 and else two, under a highest byte that tells that width: a code of
0 stays a code, and no two lists make the same integer. Seven bytes of codes keep it within 64 signed bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOM = 7
_SINGLE = 1 << 16


def join_qualities(codes: Sequence[int]) -> int:
    """Return the integer of at least one code, each a UInt16: of seven below 256, or of three; those beyond are lost.

    Raises ValueError without a code, OverflowError for one that is no UInt16.
    """
    width = 1 if max(codes) < 256 else 2
    cells = [code.to_bytes(2 if len(codes) == 1 else width, "little") for code in codes[: _ROOM // width]]
    return int.from_bytes(b"".join(cells) + (bytes((width,)) if len(codes) > 1 else b""), "little")


def split_qualities(joined: int) -> tuple[int, ...]:
    """Return the codes of an integer of `join_qualities`, in order. Raises ValueError for any other integer."""
    if 0 <= joined < _SINGLE:
        return (joined,)
    cells = joined.to_bytes((joined.bit_length() + 7) // 8, "little") if joined > 0 else b"\0"
    width = cells[-1]
    if width not in {1, 2} or len(cells) > _ROOM + 1 or len(cells) % width != 1 % width:
        raise ValueError(f"{joined} holds no qualities")
    return tuple(int.from_bytes(cells[at : at + width], "little") for at in range(0, len(cells) - 1, width))
