"""How each retention class stands today: its rule, its oldest row, what is past its time, when the next purge comes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from psycopg import sql

from protection.clock import provider_zone, transaction_time
from retention.disposal.closing import tallied
from retention.disposal.partitions import partitions_of
from retention.disposal.registry import has_executor, stores_of
from retention.disposal.stores import STORES, MonthStore
from retention.models import PurgeItem, PurgeRun, RetentionRule, RuleProposal
from retention.plans import Plan, PlannedItem
from retention.schedule import label_of, place_of

NIGHTLY_TASK = "retention.nightly"
NOTHING = {"to_drop": 0, "held": 0}


@dataclass(frozen=True, slots=True)
class ClassState:
    """One line of the overview. `past_due` counts rows that are past their time and that no hold keeps."""

    rule: RetentionRule
    label: str
    oldest: date | None
    before: date | None
    past_due: int
    held: int
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class StoreState:
    """One table or kind of file of a class: how it is emptied, its oldest row, what is past its time and held."""

    name: str
    disposal: str
    oldest: date | None
    past_due: int
    held: int


def class_states(plan: Plan) -> list[ClassState]:
    """Return every class with a rule in force, in the order of the schedule, as the given plan of today counts it."""
    totals = {entry["retention_class"]: entry for entry in plan.classes()}
    rules = sorted(RetentionRule.objects.current(), key=lambda rule: place_of(rule.retention_class))
    return [_state(rule, plan, totals.get(rule.retention_class, NOTHING)) for rule in rules]


def class_state(rule: RetentionRule, plan: Plan) -> ClassState:
    """Return one class as the given plan counts it."""
    totals = {entry["retention_class"]: entry for entry in plan.classes()}
    return _state(rule, plan, totals.get(rule.retention_class, NOTHING))


def store_states(retention_class: str, plan: Plan) -> list[StoreState]:
    """Return the tables and kinds of files of a class, in the order in which a purge empties them."""
    months, found = STORES.get(retention_class), []
    if months:
        items = _items_of(plan, retention_class)
        found.append(_store_state(months.table, PurgeItem.Action.DROP_MONTH, _oldest_in_months(months), items))
    return found + [
        _store_state(
            store.name,
            store.action,
            store.oldest(),
            [item for item in plan.items if item.partition == store.name],
        )
        for store in stores_of(retention_class)
    ]


def versions_of(retention_class: str) -> list[RetentionRule]:
    """Return every version of a class's rule with the proposal that made it, the newest first."""
    versions = RetentionRule.objects.filter(retention_class=retention_class)
    return list(versions.select_related("proposal").order_by("-valid_from", "-pk"))


def refusals_of(retention_class: str) -> list[RuleProposal]:
    """Return the changes of a class's rule that were refused, the newest first."""
    return list(RuleProposal.objects.filter(retention_class=retention_class, is_approved=False).order_by("-pk"))


def _state(rule: RetentionRule, plan: Plan, entry: dict[str, Any]) -> ClassState:
    bound = plan.bounds.get(rule.retention_class)
    return ClassState(
        rule=rule,
        label=label_of(rule.retention_class),
        oldest=oldest_day(rule.retention_class),
        before=bound.before if bound else None,
        past_due=entry["to_drop"],
        held=entry["held"],
        is_automatic=has_executor(rule.retention_class),
    )


def _items_of(plan: Plan, retention_class: str) -> list[PlannedItem]:
    others = {store.name for store in stores_of(retention_class)}
    return [item for item in plan.items if item.retention_class == retention_class and item.partition not in others]


def _store_state(name: str, action: str, oldest: date | None, items: list[PlannedItem]) -> StoreState:
    past_due, held = sum(item.to_drop for item in items), sum(item.held for item in items)
    return StoreState(name, str(PurgeItem.Action(action).label), oldest, past_due, held)


def oldest_day(retention_class: str) -> date | None:
    """Return the day on which the clock of a class's oldest row started; None where there is none to be seen."""
    store = STORES.get(retention_class)
    found = [_oldest_in_months(store)] if store else []
    found += [rows.oldest() for rows in stores_of(retention_class)]
    return min((day for day in found if day is not None), default=None)


def next_purge() -> datetime | None:
    """Return when beat runs the purge next, in the provider's zone; None where it is not scheduled."""
    entries = settings.CELERY_BEAT_SCHEDULE.values()
    schedule = next((entry["schedule"] for entry in entries if entry["task"] == NIGHTLY_TASK), None)
    if not isinstance(schedule, crontab):
        return None
    now = transaction_time().astimezone(provider_zone())
    at = time(min(schedule.hour), min(schedule.minute))  # type: ignore[attr-defined]
    day = now.date() if now.time() < at else now.date() + timedelta(days=1)
    return datetime.combine(day, at, provider_zone())


def latest_runs(number: int = 10) -> list[PurgeRun]:
    """Return the newest runs."""
    return list(PurgeRun.objects.select_related("certificate").order_by("-created_at", "-pk")[:number])


def _oldest_in_months(store: MonthStore) -> date | None:
    statement = sql.SQL("SELECT min({day}) FROM {table} WHERE {day} >= %s AND {day} < %s").format(**store.names())
    for partition in partitions_of(store.table):
        closing = tallied(store, partition)
        if closing and closing.oldest:
            return closing.oldest
        with connection.cursor() as cursor:
            cursor.execute(statement, [partition.first, partition.past])
            (day,) = cursor.fetchone()
        if isinstance(day, date):
            return day
    return None
