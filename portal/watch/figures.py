"""What the portal's health is read from: a handful of short queries, none of which reads a large table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from redis import Redis
from redis.exceptions import RedisError

from accounts.models import OutboxMessage
from disclosures.models import Package
from energy.models import ImportRun
from energy.selectors import PARTITIONED
from ledger.models import Checkpoint
from ledger.selectors import latest_checkpoint, oldest_unsealed, unsealed_count
from portal.embedded import servers
from portal.watch.past_due import days_past_due
from portal.watch.signs import last_signs
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows
from retention.models import Incident, PurgeItem, PurgeRun

QUEUES = ("default", "purge")
MONTHLY_TABLES = (*PARTITIONED, "disclosures_releaseline")
_LAST_MONTHS = """
    SELECT parent.relname, max(to_date(right(child.relname, 7), 'YYYY"m"MM'))
    FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = ANY(%s) AND child.relname ~ '_y[0-9]{4}m[0-9]{2}$'
    GROUP BY parent.relname
"""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run of the purge that was started last."""

    run: PurgeRun
    failed_items: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one look at the installation found.

    `past_due` maps a retention class to the days by which its oldest row is past its time (0: nothing is;
    None: it could not be read in time). `queues` is empty while Redis does not answer. `waiting` counts rows.
    """

    now: datetime
    signs: Mapping[str, datetime]
    past_due: Mapping[str, int | None]
    last_run: LastRun | None
    queues: Mapping[str, int]
    waiting: Mapping[str, int]
    oldest_unsealed: datetime | None
    checkpoint: Checkpoint | None
    installed_at: datetime
    last_months: Mapping[str, date]
    incidents: int

    def age(self, moment: datetime) -> timedelta:
        """Return how long ago a moment was; nothing for one that came while this look was taken."""
        return max(self.now - moment, timedelta())

    def months_ahead(self, table: str) -> int:
        """Return how many months after the current one a table has."""
        last = self.last_months[table]
        return (last.year - self.now.year) * 12 + last.month - self.now.month


def read_figures() -> Figures:
    """Look at the installation, at all of it whoever asks: these are numbers."""
    with provider_rows():
        checkpoint = latest_checkpoint()
        return Figures(
            now=transaction_time(),
            signs=last_signs(),
            past_due=days_past_due(),
            last_run=_last_run(),
            queues=queue_lengths(),
            waiting=_waiting(),
            oldest_unsealed=oldest_unsealed(),
            checkpoint=checkpoint,
            installed_at=_installed_at(),
            last_months=last_months(),
            incidents=Incident.objects.open().count(),
        )


def last_months() -> dict[str, date]:
    """Return the first day of the latest month that each table kept by month has."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_MONTHS, [list(MONTHLY_TABLES)])
        return dict(cursor.fetchall())


def queue_lengths() -> dict[str, int]:
    """Return how many messages wait in each of Celery's queues; nothing while Redis does not answer."""
    try:
        with Redis.from_url(servers.redis_url(), socket_timeout=2, socket_connect_timeout=2) as client:
            return {queue: int(client.llen(queue)) for queue in QUEUES}
    except RedisError:
        return {}


def _waiting() -> dict[str, int]:
    """Count the rows that wait for work; each count is of an indexed or a small part of its table."""
    return {
        "imports": ImportRun.objects.filter(status__in=["pending", "running"]).count(),
        "packages": Package.objects.filter(status__in=["pending", "building"]).count(),
        "messages": OutboxMessage.objects.due().count(),
        "purge_steps": PurgeItem.objects.filter(status="pending", run__finished_at__isnull=True).count(),
        "ledger_entries": unsealed_count(),
    }


def _last_run() -> LastRun | None:
    run = PurgeRun.objects.order_by("-created_at", "-pk").first()
    return LastRun(run, run.items.filter(status="failed").count()) if run else None


def _installed_at() -> datetime:
    """Return when the first migration was applied to this database."""
    installed: datetime = MigrationRecorder.Migration.objects.aggregate(first=Min("applied"))["first"]
    return installed
