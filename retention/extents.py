"""What a hold covers right now, counted for people: rows moved aside already, and rows that still have their time."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Model, Q

from retention.disposal.stores import STORES, MonthStore
from retention.models import LegalHold
from retention.schedule import label_of


@dataclass(frozen=True, slots=True)
class Extent:
    """One class of a hold. `moved` rows are past their time and kept by holds alone; None: not counted by row."""

    retention_class: str
    moved: int | None = None
    stored: int | None = None

    @property
    def label(self) -> str:
        """Return what people call the class."""
        return label_of(self.retention_class)


def extent_of(hold: LegalHold) -> list[Extent]:
    """Count what a hold (placed or only drafted) covers of each of its classes.

    Usage and bills are counted, by account; a hold on everybody's data is not, which would read all of it.
    """
    return [_of_class(hold, code) for code in hold.retention_classes]


def _of_class(hold: LegalHold, code: str) -> Extent:
    store = STORES.get(code)
    if store is None or hold.all_subjects:
        return Extent(code)
    return Extent(code, moved=_count(store.held_model, store, hold), stored=_count(store.model, store, hold))


def _count(model: type[Model], store: MonthStore, hold: LegalHold) -> int:
    condition = Q(account_id=hold.account_id)
    if hold.customer is not None:
        condition = Q(account__in=list(hold.customer.accounts.values_list("pk", flat=True)))
    if hold.usage_point_id is not None:
        condition &= Q(usage_point_id=hold.usage_point_id) | Q(usage_point_id__isnull=True)
    return model._default_manager.filter(condition, **_period(store.day, hold.data_from, hold.data_to)).count()


def _period(day: str, first: date | None, past: date | None) -> dict[str, Any]:
    bounds = {f"{day}__gte": first, f"{day}__lt": past}
    return {lookup: bound for lookup, bound in bounds.items() if bound is not None}
