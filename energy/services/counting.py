"""What an import says of itself: counters of readings, and findings beyond those of the file's reader."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from energy.greenbutton import Finding
from energy.merging import Outcome
from energy.services.bills import StoredBills
from energy.services.laying import Stored
from energy.services.staging import Stage


@dataclass(slots=True)
class Counters:
    """What a file had, and what became of it.

    `readings` are all that stand in the file and equal inserted + updated + unchanged + skipped: `inserted` were not
    stored before; `updated` were stored with another value, length, quality or cost; `unchanged` were stored alike;
    `skipped` were left out, since they could not be read, repeat another of the file, are past the period for which
    usage is kept, or contradict a value that the customer had corrected. `days` counts civil days with readings;
    `first` and `last` are the starts of the first and the last reading; `bills` counts usage summaries.
    """

    usage_points: int = 0
    readings: int = 0
    days: int = 0
    first: str | None = None
    last: str | None = None
    bills: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, stage: Stage, stored: Stored, *, unread: int, zone: ZoneInfo) -> "Counters":
        """Count what a stage took in, and `unread` readings that its reader left out."""
        counts = {outcome.value: stored.outcomes[outcome] for outcome in Outcome}
        counts["skipped"] += unread
        return cls(
            readings=sum(counts.values()),
            days=len(stage.days),
            first=_text(stage.first, zone),
            last=_text(stage.last, zone),
            **counts,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the counters by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a file came to."""

    counters: Counters
    findings: list[Finding]


def findings_of_readings(stage: Stage, stored: Stored, first_day: date) -> list[Finding]:
    """Say which readings were refused, corrected, or stood against a value of the customer's."""
    found = []
    if stage.too_old:
        message = f"{stage.too_old:,} readings before {first_day} are past the period for which usage is kept"
        action = "Left out; an administrator may import as of an earlier day"
        found.append(Finding(1, "before-retention", message, action, stage.too_old))
    if stage.too_new:
        message = f"{stage.too_new:,} readings lie more than two years ahead"
        found.append(Finding(1, "too-far-ahead", message, "Left out", stage.too_new))
    if count := stored.outcomes[Outcome.UPDATED]:
        days = sorted(stored.updated_days)
        message = f"{count:,} readings differ from those stored before, from {days[0]} to {days[-1]}"
        found.append(Finding(1, "readings-corrected", message, "The new ones were stored", count))
    if stored.overridden:
        moments = sorted(stored.overridden)
        message = f"Readings contradict what the customer had corrected, the first at {moments[0]:%Y-%m-%dT%H:%M:%SZ}"
        found.append(Finding(1, "override-kept", message, "The customer's values stay", len(moments)))
    return found


def findings_of_bills(bills: StoredBills) -> list[Finding]:
    """Say which bills were refused or corrected."""
    found = []
    if bills.too_old:
        message = f"{bills.too_old} bills are past the period for which bills are kept"
        found.append(Finding(1, "bill-before-retention", message, "Left out", bills.too_old))
    if bills.undated:
        message = f"{bills.undated} bills have no period that can be believed"
        found.append(Finding(1, "bill-without-period", message, "Left out; the file is kept", bills.undated))
    if bills.updated:
        days = ", ".join(str(day) for day in sorted(bills.updated)[:5])
        message = f"{len(bills.updated)} bills differ from those stored before: {days}"
        found.append(Finding(1, "bill-corrected", message, "The new ones were stored", len(bills.updated)))
    return found


def _text(moment: int | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, zone).isoformat()
