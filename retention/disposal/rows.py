"""Disposal of what is not kept by month: rows of a table and sealed files, in small transactions."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import reduce
from operator import or_

from allauth.account.models import EmailConfirmation
from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Min, Model, Q, QuerySet

from accounts.models import CustomerOpening
from energy.models import ImportFinding, ImportRun, ReadingOverride
from protection.clock import provider_zone
from protection.files import destroy_file
from protection.models import SealedFile
from retention.disposal import holding
from retention.disposal.locks import await_turn
from retention.disposal.steps import Step
from retention.models import LegalHold, PurgeItem
from retention.waypoints import Waypoint, pass_waypoint

BATCH = 1_000


def _of_class(retention_class: str) -> Q:
    return Q(retention_class=retention_class, destroyed_at__isnull=True)


@dataclass(frozen=True, slots=True)
class RowStore:
    """Rows of one model that a retention class disposes of.

    `clock` is the column the period runs from; `condition` what else must hold before a row may go. `customer` is the
    lookup of the data subject, empty when rows have none; then a hold on anybody's data of the class keeps them all,
    since it cannot be told whose they are.
    """

    retention_class: str
    model: type[Model]
    clock: str
    customer: str = ""
    condition: Q = field(default_factory=Q)
    is_clock_a_date: bool = False

    @property
    def name(self) -> str:
        """Return the table's name; a class of sealed files goes by the class."""
        table = self.model._meta.db_table
        return f"{table}:{self.retention_class}" if self.model is SealedFile else table

    @property
    def is_of_files(self) -> bool:
        """Say whether the rows stand for sealed files."""
        return self.model is SealedFile

    def due(self, before: date) -> QuerySet[Model]:
        """Return the rows whose clock started before a day, counted in the provider's zone."""
        bound = before if self.is_clock_a_date else datetime.combine(before, time(), provider_zone())
        rows: QuerySet[Model] = self.model._default_manager.filter(self.condition, **{f"{self.clock}__lt": bound})
        return rows

    def held(self, before: date) -> QuerySet[Model]:
        """Return the rows past their time that a hold in force keeps."""
        due = self.due(before)
        holds = list(LegalHold.objects.in_force().covering(self.retention_class))
        if not holds:
            return due.none()
        return due.filter(reduce(or_, (self._covered_by(hold) for hold in holds)))

    def oldest(self) -> date | None:
        """Return the civil day on which the oldest row's clock started."""
        value = self.model._default_manager.filter(self.condition).aggregate(oldest=Min(self.clock))["oldest"]
        return value.astimezone(provider_zone()).date() if isinstance(value, datetime) else value

    def _covered_by(self, hold: LegalHold) -> Q:
        return self._of_subject(hold) & self._in_period(hold)

    def _of_subject(self, hold: LegalHold) -> Q:
        if hold.all_subjects or not self.customer:
            return Q(pk__isnull=False)
        customer = hold.account.customer_id if hold.account else hold.customer_id
        return Q(**{self.customer: customer})

    def _in_period(self, hold: LegalHold) -> Q:
        condition = Q()
        for lookup, day in (("gte", hold.data_from), ("lt", hold.data_to)):
            if day is not None:
                bound = day if self.is_clock_a_date else datetime.combine(day, time(), provider_zone())
                condition &= Q(**{f"{self.clock}__{lookup}": bound})
        return condition


ROW_STORES: tuple[RowStore, ...] = (
    RowStore("readings", ReadingOverride, "day", customer="account__customer", is_clock_a_date=True),
    RowStore("sessions", Session, "expire_date"),
    RowStore("sessions", UserSession, "last_seen_at"),
    RowStore("sessions", EmailConfirmation, "created"),
    RowStore("sessions", Token, "expires_at"),
    RowStore("access_log", CustomerOpening, "created_at", customer="customer"),
    RowStore("imports", ImportFinding, "run__finished_at", customer="run__account__customer"),
    RowStore("imports", ImportRun, "finished_at", customer="account__customer"),
    RowStore("import_originals", SealedFile, "created_at", condition=_of_class("import_originals")),
    RowStore("export_files", SealedFile, "created_at", condition=_of_class("export_files")),
)


def stores_of(retention_class: str) -> list[RowStore]:
    """Return the row stores of a class, in the order in which they must be emptied."""
    return [store for store in ROW_STORES if store.retention_class == retention_class]


def dispose_of_batch(item: PurgeItem) -> Step:
    """Delete (or, of files, destroy) one batch of the rows past their time that nothing holds.

    Purges take turns at a table; only a file's row is locked, since web and worker destroy files too, and a lock on
    rows asks for the right to update them.
    """
    store = next(one for one in ROW_STORES if one.name == item.partition)
    pass_waypoint(Waypoint.LOCK_DUE, item)
    await_turn(store.name)
    pass_waypoint(Waypoint.LOCKED, item)
    held = store.held(item.before)
    free = store.due(item.before).exclude(pk__in=held.values("pk")).order_by("pk")
    if store.is_of_files:
        free = free.select_for_update(skip_locked=True, of=("self",))
    batch = list(free[:BATCH])
    size = sum(file.size for file in batch if isinstance(file, SealedFile))
    pass_waypoint(Waypoint.DROP_DUE, item)
    if store.is_of_files:
        _destroy(batch)
    else:
        store.model._default_manager.filter(pk__in=[row.pk for row in batch]).delete()
    pass_waypoint(Waypoint.DROPPED, item)
    is_last = len(batch) < BATCH
    return Step(
        held=held.count() if is_last else 0,
        dropped=len(batch),
        bytes=size,
        hold_ids=holding.hold_ids(store.retention_class, None, item.before) if is_last else [],
        is_last=is_last,
    )


def _destroy(files: list[Model]) -> None:
    for file in files:
        if isinstance(file, SealedFile):
            destroy_file(file)
