"""How each retention class stands today: its rule, its oldest row, what is past its time, when the next purge comes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from celery.schedules import crontab
from django.conf import settings
from django.db import connection
from psycopg import sql

from protection.clock import provider_zone, transaction_time
from retention.disposal.closing import tallied
from retention.disposal.partitions import partitions_of
from retention.disposal.registry import has_executor, stores_of
from retention.disposal.stores import STORES, MonthStore
from retention.models import PurgeRun, RetentionRule
from retention.plans import Plan
from retention.schedule import label_of, place_of

NIGHTLY_TASK = "retention.nightly"


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


def class_states(plan: Plan) -> list[ClassState]:
    """Return every class with a rule in force, in the order of the schedule, as the given plan of today counts it."""
    totals = {entry["retention_class"]: entry for entry in plan.classes()}
    states = []
    for rule in sorted(RetentionRule.objects.current(), key=lambda rule: place_of(rule.retention_class)):
        entry = totals.get(rule.retention_class, {"to_drop": 0, "held": 0})
        bound = plan.bounds.get(rule.retention_class)
        states.append(
            ClassState(
                rule=rule,
                label=label_of(rule.retention_class),
                oldest=oldest_day(rule.retention_class),
                before=bound.before if bound else None,
                past_due=entry["to_drop"],
                held=entry["held"],
                is_automatic=has_executor(rule.retention_class),
            )
        )
    return states


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
