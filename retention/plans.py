"""The plan of a purge: what is past its time as of a day, what of it is held, what would go. It changes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, cast

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.canonical import canonical_bytes, plain
from protection.clock import provider_today
from retention.disposal.counting import Count, count_held_tables, count_months
from retention.disposal.holders import Holder, holders_of_months, holders_of_rows
from retention.disposal.partitions import Partition
from retention.disposal.probes import with_candidates
from retention.disposal.registry import Store, has_executor, stores_of
from retention.disposal.stores import STORES, MonthStore
from retention.models import JOURNAL, LegalHold, PurgeItem, PurgePlan, RetentionRule
from retention.schedule import place_of
from retention.selectors import cutoff_day

Action = PurgeItem.Action

EXPECTED_LOCKS: dict[str, str | Promise] = {
    Action.DROP_MONTH: _("holds: SHARE; month: EXCLUSIVE, then ACCESS EXCLUSIVE with its table for an instant"),
    Action.TRIM_MONTH: _("holds: SHARE; month: EXCLUSIVE"),
    Action.TRIM_HELD: _("holds: SHARE; held table: EXCLUSIVE"),
    Action.DELETE_ROWS: _("the rows"),
    Action.DELETE_FILES: _("the rows"),
    Action.DESTROY_KEYS: _("the rows"),
}
"""The locks that each action takes; readers never wait longer than the lock timeout."""

_DAYS = ("lower", "before", "oldest", "newest")


@dataclass(frozen=True, slots=True)
class Bound:
    """The first day that a class still keeps, and the version of the rule that says so."""

    before: date
    rule: str
    months: int


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One step of a plan: `total` rows past their time, of which `held` stay."""

    retention_class: str
    action: str
    partition: str
    lower: date | None
    before: date
    total: int
    held: int
    bytes: int
    oldest: date | None
    newest: date | None

    @property
    def to_drop(self) -> int:
        """Return how many rows would go."""
        return self.total - self.held


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run as of a day would do. `digest` is SHA-256 over bounds, items and holds in canonical JSON.

    `held_by` names, per class of which something is held, the holds that keep most.
    """

    as_of: date
    bounds: dict[str, Bound]
    items: list[PlannedItem]
    holds: list[str]
    held_by: dict[str, list[Holder]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return 64 hexadecimal digits by which an approver names exactly this plan."""
        return sha256(canonical_bytes(self._content())).hexdigest()

    def classes(self) -> list[dict[str, Any]]:
        """Return the totals of each class that has a period, in the order of the schedule."""
        return [
            _totals(code, [item for item in self.items if item.retention_class == code])
            | {"held_by": [asdict(holder) for holder in self.held_by.get(code, [])]}
            for code in self.bounds
        ]

    def as_json(self) -> dict[str, Any]:
        """Return `{"as_of", "digest", "classes": […], "holds": […]}` in JSON types."""
        content = {"as_of": self.as_of, "digest": self.digest, "classes": self.classes(), "holds": self.holds}
        return cast(dict[str, Any], plain(content))

    @property
    def months_to_drop(self) -> int:
        """Return of how many calendar months some table's part would go whole, rows in it or not."""
        return len({item.lower for item in self.items if item.action == Action.DROP_MONTH})

    @property
    def rows_to_drop(self) -> int:
        """Return how many rows would go, of every class."""
        return sum(item.to_drop for item in self.items)

    def content_json(self) -> dict[str, Any]:
        """Return steps and holds in JSON types, as a plan keeps them for its run; `read_plan` reads them again."""
        held_by = {code: [asdict(holder) for holder in holders] for code, holders in self.held_by.items()}
        content = {"items": [asdict(item) for item in self.items], "holds": self.holds, "held_by": held_by}
        return cast(dict[str, Any], plain(content))

    def bounds_json(self) -> dict[str, Any]:
        """Return the bounds in JSON types, as a run keeps them."""
        return cast(dict[str, Any], plain({code: asdict(bound) for code, bound in self.bounds.items()}))

    def _content(self) -> dict[str, object]:
        return {
            "as_of": self.as_of,
            "bounds": {code: asdict(bound) for code, bound in self.bounds.items()},
            "items": [asdict(item) for item in self.items],
            "holds": self.holds,
        }


def make_plan(*, as_of: date, bounds: dict[str, Bound] | None = None) -> Plan:
    """Count what is past its time as of a day; closed months are not read again. `bounds`: other than the rules'."""
    bounds = current_bounds(as_of) if bounds is None else bounds
    holds = list(LegalHold.objects.in_force().only("uuid", "retention_classes").order_by("pk"))
    items = list(_items({code: bound.before for code, bound in bounds.items()}, holds))
    return Plan(as_of, bounds, items, [str(hold.uuid) for hold in holds], _held_by(bounds, items))


Steps = Mapping[str, Mapping[str, date]]
"""Per class and partition or table the day before which all is to go."""


def plan_steps(*, as_of: date, steps: Steps) -> Plan:
    """Count what these steps would drop, of no other partition or table; their rule is the journal."""
    bounds = {code: Bound(max(days.values()), JOURNAL, 0) for code, days in steps.items()}
    holds = list(LegalHold.objects.in_force().only("uuid", "retention_classes").order_by("pk"))
    items = [item for code, days in steps.items() for item in _items_of_steps(code, days, holds)]
    return Plan(as_of, bounds, items, [str(hold.uuid) for hold in holds], _held_by(bounds, items))


def plan_class(rule: RetentionRule) -> Plan:
    """Count what is past its time today of one class; nothing of a class that is kept as long as the portal runs."""
    today = provider_today()
    before = cutoff_day(rule, today)
    if before is None or rule.months is None:
        return make_plan(as_of=today, bounds={})
    return make_plan(as_of=today, bounds={rule.retention_class: Bound(before, str(rule.uuid), rule.months)})


def read_plan(plan: PurgePlan) -> Plan:
    """Return a kept plan as it was made."""
    kept = [(code, plan.bounds[code]) for code in sorted(plan.bounds, key=place_of)]
    bounds = {code: Bound(date.fromisoformat(of["before"]), of["rule"], of["months"]) for code, of in kept}
    held_by = {code: [Holder(**holder) for holder in holders] for code, holders in plan.content["held_by"].items()}
    items = [_read_item(item) for item in plan.content["items"]]
    return Plan(plan.as_of, bounds, items, plan.content["holds"], held_by)


def _held_by(bounds: dict[str, Bound], items: list[PlannedItem]) -> dict[str, list[Holder]]:
    held = {item.retention_class for item in items if item.held}
    return {
        code: holders_of_months(STORES[code], bound.before) if code in STORES else holders_of_rows(code, bound.before)
        for code, bound in bounds.items()
        if code in held
    }


def _read_item(kept: dict[str, Any]) -> PlannedItem:
    days = {name: date.fromisoformat(kept[name]) if kept[name] else None for name in _DAYS}
    return PlannedItem(**{**kept, **days})


def current_bounds(as_of: date) -> dict[str, Bound]:
    """Return the bound of every class that has a period and an executor, in the order of the schedule."""
    rules = RetentionRule.objects.current().filter(months__isnull=False)
    bounds = {}
    for rule in sorted(rules, key=lambda rule: place_of(rule.retention_class)):
        if not has_executor(rule.retention_class):
            continue
        before = cutoff_day(rule, as_of)
        if before is not None and rule.months is not None:
            bounds[rule.retention_class] = Bound(before, str(rule.uuid), rule.months)
    return bounds


def _items(befores: Mapping[str, date], holds: Sequence[LegalHold]) -> Iterator[PlannedItem]:
    """Yield what is past its time of each class before its day, in the order of the schedule."""
    months = {STORES[code]: before for code, before in befores.items() if code in STORES}
    counts, held_tables = count_months(months, holds), count_held_tables(months, holds)
    rows = {code: stores_of(code) for code in befores}
    due = with_candidates((store, befores[code]) for code in befores for store in rows[code])
    for code, before in befores.items():
        if code in STORES:
            yield from _held_item(STORES[code], held_tables[code], before)
            for partition, found in counts[code]:
                yield from _month_item(STORES[code], partition, found, before)
        for store in rows[code]:
            if store.name in due:
                yield from _row_item(store, before)


def _items_of_steps(
    retention_class: str, days: Mapping[str, date], holds: Sequence[LegalHold]
) -> Iterator[PlannedItem]:
    """Yield the items of the named partitions and tables, each before its own day, in the usual order."""
    found = {
        day: {item.partition: item for item in _items({retention_class: day}, holds)} for day in set(days.values())
    }
    for name in found[max(found)]:
        if name in days and (item := found[days[name]].get(name)):
            yield item


def _month_item(store: MonthStore, partition: Partition, found: Count, before: date) -> Iterator[PlannedItem]:
    is_whole = partition.past <= before
    if not found.rows and not is_whole:
        return
    yield PlannedItem(
        retention_class=store.retention_class,
        action=Action.DROP_MONTH.value if is_whole else Action.TRIM_MONTH.value,
        partition=partition.name,
        lower=partition.first,
        before=before,
        total=found.rows,
        held=found.held,
        bytes=partition.bytes if is_whole else 0,
        oldest=found.oldest,
        newest=found.newest,
    )


def _held_item(store: MonthStore, found: Count, before: date) -> Iterator[PlannedItem]:
    if found.rows:
        yield PlannedItem(
            retention_class=store.retention_class,
            action=Action.TRIM_HELD.value,
            partition=store.held_table,
            lower=None,
            before=before,
            total=found.rows,
            held=found.held,
            bytes=0,
            oldest=found.oldest,
            newest=found.newest,
        )


def _row_item(store: Store, before: date) -> Iterator[PlannedItem]:
    due = store.due(before).aggregate(
        rows=models.Count("pk"), oldest=models.Min("cutoff_event"), newest=models.Max("cutoff_event")
    )
    if due["rows"]:
        yield PlannedItem(
            retention_class=store.retention_class,
            action=store.action,
            partition=store.name,
            lower=None,
            before=before,
            total=due["rows"],
            held=store.held(before).count(),
            bytes=store.bytes_to_drop(before),
            oldest=store.day_of(due["oldest"]),
            newest=store.day_of(due["newest"]),
        )


def _totals(code: str, items: Iterable[PlannedItem]) -> dict[str, Any]:
    items = list(items)
    return {
        "retention_class": code,
        "total": sum(item.total for item in items),
        "held": sum(item.held for item in items),
        "to_drop": sum(item.to_drop for item in items),
        "oldest": min((item.oldest for item in items if item.oldest), default=None),
        "newest": max((item.newest for item in items if item.newest), default=None),
        "bytes": sum(item.bytes for item in items),
        "partitions": [item.partition for item in items],
        "locks": sorted({str(EXPECTED_LOCKS[item.action]) for item in items}),
    }
