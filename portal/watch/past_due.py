"""By how many days each retention class is late, without reading its rows.

Months are judged by the catalogue, by what the last purge dealt with, and by one look whether any row is left; other
tables by the oldest of their due rows. A time limit gives a class up rather than scan it.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, Min, OuterRef
from psycopg import sql
from redis.exceptions import RedisError

from protection.clock import provider_today, provider_zone
from retention.disposal.partitions import partitions_of
from retention.disposal.probes import with_candidates
from retention.disposal.registry import Store, stores_of
from retention.disposal.stores import STORES, MonthStore
from retention.errors import RetentionError
from retention.models import PurgeRun
from retention.plans import Bound, current_bounds

logger = logging.getLogger(__name__)

KEPT_FOR_SECONDS = 300
TIME_LIMIT_MS = 2_000


def days_past_due() -> dict[str, int | None]:
    """Return by how many days the oldest row of each class is past its time, 0 where none is; looks every five minutes.

    Rows that a hold keeps do not count. None: it could not be read within the time limit.
    """
    try:
        kept: dict[str, int | None] | None = cache.get(key := _key())
        if kept is None:
            kept = dict(_measure())
            cache.set(key, kept, KEPT_FOR_SECONDS)
    except RedisError:
        return dict(_measure())
    return kept


def _key() -> str:
    """Return the name under which the answer is kept: it is another one once a purge has ended."""
    run = (
        PurgeRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").values_list("pk", flat=True).first()
    )
    return f"portal.days_past_due:{run or 0}"


def _measure() -> Iterator[tuple[str, int | None]]:
    bounds = current_bounds(provider_today())
    candidates = _candidates(bounds)
    for code, bound in bounds.items():
        try:
            with transaction.atomic(), _time_limit():
                oldest = _oldest_past_due(code, bound.before, candidates)
        except (OperationalError, RetentionError) as error:
            logger.warning("How far %s is past due cannot be read: %s", code, error)
            yield code, None
        else:
            yield code, (bound.before - oldest).days if oldest else 0


@contextmanager
def _time_limit() -> Iterator[None]:
    """Have the statements of this block end with an error rather than read for long."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIME_LIMIT_MS}")
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


def _candidates(bounds: Mapping[str, Bound]) -> set[str]:
    """Return the names of the stores that have to be looked at: all of them, when that takes too long to find out."""
    stores = [(store, bound.before) for code, bound in bounds.items() for store in stores_of(code)]
    try:
        with transaction.atomic(), _time_limit():
            return with_candidates(stores)
    except OperationalError as error:
        logger.warning("Which tables may have rows past due cannot be read: %s", error)
        return {store.name for store, _before in stores}


def _oldest_past_due(retention_class: str, before: date, candidates: Collection[str]) -> date | None:
    stores = [store for store in stores_of(retention_class) if store.name in candidates]
    found = [_oldest_of_rows(store, before) for store in stores]
    if store := STORES.get(retention_class):
        found.append(_oldest_of_months(store, before))
    return min((day for day in found if day is not None), default=None)


def _oldest_of_rows(store: Store, before: date) -> date | None:
    """Return the day of the oldest row that is past its time and that neither a hold nor another row keeps."""
    held = store.held(before).filter(**{store.key: OuterRef(store.key)})
    oldest = store.disposable(before).exclude(Exists(held)).aggregate(oldest=Min("cutoff_event"))["oldest"]
    return oldest.astimezone(provider_zone()).date() if isinstance(oldest, datetime) else oldest


def _oldest_of_months(store: MonthStore, before: date) -> date | None:
    """Return the first day from which a row past its time may be there.

    Of the month on the boundary, only what has come due since the last purge is looked for: the day has no index.
    """
    for partition in partitions_of(store.table):
        is_whole = partition.past <= before
        first = partition.first if is_whole else max(partition.first, _purged_before(store.retention_class))
        if first >= before:
            return None
        if _has_rows(store, first, min(before, partition.past)):
            return first
    return None


def _purged_before(retention_class: str) -> date:
    """Return the day before which the last faultless run left nothing of a class that was not held."""
    finished = PurgeRun.objects.filter(status=PurgeRun.Status.FINISHED, bounds__has_key=retention_class)
    run = finished.order_by("-finished_at").first()
    return date.fromisoformat(run.bounds[retention_class]["before"]) if run else date.min


def _has_rows(store: MonthStore, lower: date, before: date) -> bool:
    statement = "SELECT EXISTS (SELECT FROM {table} WHERE {day} >= %s AND {day} < %s)"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**store.names()), [lower, before])
        (is_there,) = cursor.fetchone()
    return bool(is_there)
