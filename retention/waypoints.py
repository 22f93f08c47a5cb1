"""Named points that a purge passes, where a test may stop it, kill it, or take its database away.

Nobody watches in production: a point costs the reading of an empty list. There is no switch in the environment for it;
a test installs its observers in the worker process that it starts itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum, auto

from retention.models import PurgeItem, PurgeRun


class Waypoint(StrEnum):
    """A point in the life of an item or a run, in the order in which one is passed.

    The points of an item up to `COMMIT_DUE` lie in the transaction that disposes of its data; those of a run are
    passed once, after its last item.
    """

    INTENT_DUE = auto()
    INTENT_WRITTEN = auto()
    LOCK_DUE = auto()
    LOCKED = auto()
    HOLDS_DUE = auto()
    HOLDS_READ = auto()
    MOVE_DUE = auto()
    HELD_MOVED = auto()
    DROP_DUE = auto()
    DROPPED = auto()
    COMMIT_DUE = auto()
    COMMITTED = auto()
    OUTCOME_DUE = auto()
    OUTCOME_WRITTEN = auto()
    CERTIFICATE_DUE = auto()
    CERTIFICATE_SIGNED = auto()
    CERTIFICATE_COMMITTED = auto()
    CERTIFICATE_WRITTEN = auto()
    ACKNOWLEDGEMENT_DUE = auto()


OF_A_RUN = (
    Waypoint.CERTIFICATE_DUE,
    Waypoint.CERTIFICATE_SIGNED,
    Waypoint.CERTIFICATE_COMMITTED,
    Waypoint.CERTIFICATE_WRITTEN,
    Waypoint.ACKNOWLEDGEMENT_DUE,
)
"""The points whose subject is a run; that of every other is an item."""

Subject = PurgeItem | PurgeRun
Observer = Callable[[Waypoint, Subject], None]

_observers: list[Observer] = []


def pass_waypoint(point: Waypoint, subject: Subject) -> None:
    """Tell every observer that an item (or, after its last item, a run) has come to a point."""
    for observer in _observers:
        observer(point, subject)


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Have an observer called at every point that this process passes during the block."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)
