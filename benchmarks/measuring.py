import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value beside its reference, both of one run, and the ratio that the limit bounds; None: it is only shown."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float
    ratio: float
    limit: float | None
    met: bool


def against(name: str, value: float, unit: str, reference: str, reference_value: float, *, limit: float) -> Measurement:
    """Return the measurement of a value that may be at most `limit` times its reference."""
    ratio = value / reference_value
    return Measurement(
        name, round(value, 6), unit, reference, round(reference_value, 6), round(ratio, 4), limit, ratio <= limit
    )


def beside(name: str, value: float, unit: str, reference: str, reference_value: float) -> Measurement:
    """Return the measurement of a value that is shown beside its reference and bounded by nothing."""
    ratio = round(value / reference_value, 4)
    return Measurement(name, round(value, 6), unit, reference, round(reference_value, 6), ratio, None, met=True)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def alternately(ours: Callable[[], object], reference: Callable[[], object], *, rounds: int) -> tuple[float, float]:
    """Return the median seconds of both, which take turns so that the machine's moods strike both alike."""
    pairs = [(seconds_of(reference), seconds_of(ours)) for _ in range(rounds)]
    return statistics.median(pair[1] for pair in pairs), statistics.median(pair[0] for pair in pairs)
