"""Emptying the stores of one class as a purge would, without the run around it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Model

from protection.rowsecurity import provider_rows
from retention.disposal import EXECUTORS
from retention.disposal.registry import Store, stores_of
from retention.models import PurgeItem, PurgeRun
from retention.schedule import CLASSES
from retention.services import begin_purge
from tests.retention.factories import AS_OF, OPERATOR

NEVER = date(2150, 1, 1)
"""A day that everything whose clock has started is older than."""


def dispose_of(retention_class: str, before: date = NEVER) -> dict[str, int]:
    """Empty a class of what its clock started before a day; return how many went of each store that lost any.

    Call it as the purge role, in a committed database.
    """
    run = begin_purge(by=OPERATOR, as_of=AS_OF)
    gone = {store.name: _empty(store, run, before) for store in stores_of(retention_class)}
    return {name: count for name, count in gone.items() if count}


def dispose_of_everything(before: date = NEVER) -> dict[str, int]:
    """Empty every class in the order of the schedule, as a run does."""
    gone: dict[str, int] = {}
    for code in CLASSES:
        gone |= dispose_of(code, before)
    return gone


def left_of(model: type[Model], **conditions: Any) -> int:
    """Count the rows that are left."""
    with provider_rows():
        return model._base_manager.filter(**conditions).count()


def _empty(store: Store, run: PurgeRun, before: date) -> int:
    item = PurgeItem(
        run=run, retention_class=store.retention_class, action=store.action, partition=store.name, before=before
    )
    dropped, is_last = 0, False
    while not is_last:
        with transaction.atomic():
            step = EXECUTORS[store.action](item)
        dropped, is_last = dropped + step.dropped, step.is_last
    return dropped
