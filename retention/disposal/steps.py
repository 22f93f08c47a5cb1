from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from retention.models import PurgeItem


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction of an item disposed of: `total` = `held` + `dropped` rows; `is_last`: nothing is left.

    `conclude` is what must come last before the commit, since everybody waits from then on.
    """

    held: int = 0
    dropped: int = 0
    bytes: int = 0
    digest: str = ""
    held_digest: str = ""
    hold_ids: list[UUID] = field(default_factory=list)
    is_last: bool = True
    conclude: Callable[[], None] = lambda: None

    @property
    def total(self) -> int:
        """Return how many rows the step dealt with."""
        return self.held + self.dropped


Executor = Callable[[PurgeItem], Step]
"""Disposes of (a part of) what an item names, inside the caller's transaction."""
