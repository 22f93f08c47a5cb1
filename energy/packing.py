"""Pack the readings of one civil day into a few byte strings, and unpack them.

Numbers lie side by side as little-endian signed integers of the narrowest width that holds them all (1, 2, 4 or 8
bytes, told by the first byte). PostgreSQL's arrays were rejected: their fixed element width of four or eight bytes
and header made a day of 15-minute readings with costs more than twice as large. The form of a day follows from its
readings alone, so equal days have equal bytes.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct
from sys import byteorder
from typing import NamedTuple, Protocol

Buffer = bytes | memoryview

SPARSE = ("qualities", "costs", "tous", "tiers", "cpps")
"""What a reading may have beside its value: quality code, cost, time-of-use code, consumption tier, critical peak.

Several quality codes are one number here; see `energy.greenbutton.qualities`.
"""

_WIDTHS = ((1, "b"), (2, "h"), (4, "i"), (8, "q"))
_CODES = dict(_WIDTHS)
_UNIFORM, _DENSE, _PAIRS = b"u", b"d", b"p"
_COUNT = Struct("<I")


class Reading(NamedTuple):
    """One reading: start in epoch seconds UTC, duration in seconds, value before the reading type's power of ten.

    `cost` is in hundred-thousandths of the reading type's currency; None where the feed is silent.
    """

    start: int
    duration: int
    value: int
    quality: int | None = None
    cost: int | None = None
    tou: int | None = None
    tier: int | None = None
    cpp: int | None = None


@dataclass(slots=True)
class DayColumns:
    """The readings of one series and civil day in columns, by start; sparse ones by the index of their reading.

    A start may occur twice, where one file says two different things about it: both are kept, the later one counts.
    """

    starts: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    qualities: dict[int, int] = field(default_factory=dict)
    costs: dict[int, int] = field(default_factory=dict)
    tous: dict[int, int] = field(default_factory=dict)
    tiers: dict[int, int] = field(default_factory=dict)
    cpps: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def readings(self) -> list[Reading]:
        """Return the readings as rows."""
        numbers = range(len(self.starts))
        sparse = [map(getattr(self, name).get, numbers) for name in SPARSE]
        return [Reading(*row) for row in zip(self.starts, self.durations, self.values, *sparse, strict=True)]

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> "DayColumns":
        """Return the columns of readings that are in order."""
        rows = list(readings)
        columns = cls([row.start for row in rows], [row.duration for row in rows], [row.value for row in rows])
        for place, name in enumerate(SPARSE, 3):
            cells = {index: cell for index, row in enumerate(rows) if (cell := row[place]) is not None}
            setattr(columns, name, cells)
        return columns


class PackedDay(NamedTuple):
    """A day as it is stored. `offsets` and `durations` only where a day is not regular; sparse ones only where told.

    `start` is in epoch seconds; `total` is the sum of the values that count, before the power of ten.
    """

    start: int
    interval_length: int
    reading_count: int
    total: int
    values: bytes
    offsets: bytes | None = None
    durations: bytes | None = None
    qualities: bytes | None = None
    costs: bytes | None = None
    tous: bytes | None = None
    tiers: bytes | None = None
    cpps: bytes | None = None


class Packed(Protocol):
    """The packed columns, as rows of the table have them."""

    @property
    def interval_length(self) -> int: ...
    @property
    def reading_count(self) -> int: ...
    @property
    def values(self) -> Buffer: ...
    @property
    def offsets(self) -> Buffer | None: ...
    @property
    def durations(self) -> Buffer | None: ...
    @property
    def qualities(self) -> Buffer | None: ...
    @property
    def costs(self) -> Buffer | None: ...
    @property
    def tous(self) -> Buffer | None: ...
    @property
    def tiers(self) -> Buffer | None: ...
    @property
    def cpps(self) -> Buffer | None: ...


def pack_day(day: DayColumns) -> PackedDay:
    """Pack a day of at least one reading, in the order of starts."""
    starts, durations, count = day.starts, day.durations, len(day.starts)
    first, length = starts[0], durations[0]
    is_even = durations.count(length) == count
    is_regular = is_even and length > 0 and starts == list(range(first, first + count * length, length))
    sparse = (pack_sparse(cells, count) if (cells := getattr(day, name)) else None for name in SPARSE)
    return PackedDay(
        first,
        length,
        count,
        sum(day.values) if is_regular else _total(day),
        pack(day.values),
        None if is_regular else pack([start - first for start in starts]),
        None if is_even else pack(durations),
        *sparse,
    )


def unpack_day(row: Packed, start: int) -> DayColumns:
    """Unpack a stored day that begins at `start` (epoch seconds)."""
    count, length = row.reading_count, row.interval_length
    if row.offsets is None:
        starts = list(range(start, start + count * length, length))
    else:
        starts = [start + offset for offset in unpack(row.offsets)]
    durations = [length] * count if row.durations is None else unpack(row.durations)
    sparse = (unpack_sparse(cells, count) if (cells := getattr(row, name)) else {} for name in SPARSE)
    return DayColumns(starts, durations, unpack(row.values), *sparse)


def pack(numbers: Sequence[int]) -> bytes:
    """Pack integers of at most 64 bits. Raises OverflowError for a larger one."""
    lowest, highest = min(numbers), max(numbers)
    reach = max(highest, -lowest - 1)
    width, code = next((pair for pair in _WIDTHS if reach < 1 << (8 * pair[0] - 1)), _WIDTHS[-1])
    return bytes((width,)) + _little(array(code, numbers)).tobytes()


def unpack(packed: Buffer) -> list[int]:
    """Return the integers that `pack` packed."""
    numbers = array(_CODES[packed[0]])
    numbers.frombytes(packed[1:])
    return _little(numbers).tolist()


def pack_sparse(cells: Mapping[int, int], count: int) -> bytes:
    """Pack cells of some of `count` readings: one value for all, one a reading, or pairs of index and value."""
    values = list(cells.values())
    is_same = values.count(values[0]) == len(values)
    if len(cells) == count:
        return _UNIFORM + pack(values[:1]) if is_same else _DENSE + pack(values)
    indexes = pack(list(cells))
    return _PAIRS + _COUNT.pack(len(indexes)) + indexes + pack(values[:1] if is_same else values)


def unpack_sparse(packed: Buffer, count: int) -> dict[int, int]:
    """Return the cells of a column of `count` readings by the index of their reading."""
    form, rest = packed[:1], packed[1:]
    if form != _PAIRS:
        values = unpack(rest)
        return dict(enumerate(values if form == _DENSE else values * count))
    size = _COUNT.unpack_from(rest)[0] + _COUNT.size
    indexes, values = unpack(rest[_COUNT.size : size]), unpack(rest[size:])
    return dict(zip(indexes, values if len(values) == len(indexes) else values * len(indexes), strict=True))


def _little(numbers: "array[int]") -> "array[int]":
    if byteorder == "big":
        numbers.byteswap()
    return numbers


def _total(day: DayColumns) -> int:
    return sum(dict(zip(day.starts, day.values, strict=True)).values())
