"""Rows and sealed files that are not kept by month: when each is past its time, and which of them a hold keeps."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db.models import Exists, F, Min, Model, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from protection.clock import provider_zone
from protection.models import SealedFile
from retention.models import LegalHold, PurgeItem


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
    def action(self) -> str:
        """Return what a plan calls the disposal of this store."""
        return PurgeItem.Action.DELETE_FILES if self.is_of_files else PurgeItem.Action.DELETE_ROWS

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
        """Return the rows past their time that a hold in force keeps, however many holds there are."""
        day = F(self.clock) if self.is_clock_a_date else TruncDate(self.clock, tzinfo=provider_zone())
        due = self.due(before).alias(clock_day=day)
        begun = Q(data_from__isnull=True) | Q(data_from__lte=OuterRef("clock_day"))
        not_over = Q(data_to__isnull=True) | Q(data_to__gt=OuterRef("clock_day"))
        holds = LegalHold.objects.in_force().covering(self.retention_class).filter(begun, not_over)
        if not self.customer:
            return due.filter(Exists(holds))
        customer = OuterRef(self.customer)
        of_customer = Exists(holds.filter(customer=customer)) | Exists(holds.filter(account__customer=customer))
        return due.filter(Exists(holds.filter(all_subjects=True)) | of_customer)

    def oldest(self) -> date | None:
        """Return the civil day on which the oldest row's clock started."""
        value = self.model._default_manager.filter(self.condition).aggregate(oldest=Min(self.clock))["oldest"]
        return value.astimezone(provider_zone()).date() if isinstance(value, datetime) else value
