"""Items of a run that one worker takes together: claimed at once, journaled at once, each in transactions of its own.

What the claims and the journal's syncing to disk cost is so shared by several months. Only months that nobody has tried
yet go together: an item that kills its worker then costs its neighbours one attempt and no more. What is not a month
waits for everything before it in the plan: a customer's key goes after the name, a consent after its evidence.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from protection.clock import transaction_time
from retention import journal
from retention.models import ATTEMPTS, MONTHLY, PurgeItem, PurgeRun
from retention.services.endings import journal_outcomes
from retention.services.items import CLAIM_LASTS, FAULTS, attempt, give_up, note_failure
from retention.services.together import attempt_together
from retention.waypoints import Waypoint, pass_waypoint

MOST = 16
"""So many items go together at the most."""

RENEW_AFTER = timedelta(seconds=1)
"""How old the claims of a batch may grow before those of the items still to come are renewed."""

Status = PurgeItem.Status


def batches_of(items: Iterable[PurgeItem]) -> Iterator[list[PurgeItem]]:
    """Yield the items in their order: fresh months together, each other item alone."""
    for is_shared, group in groupby(items, key=_may_share):
        following = list(group)
        size = MOST if is_shared else 1
        yield from (following[start : start + size] for start in range(0, len(following), size))


def carry_out(items: Sequence[PurgeItem], *, tell: Callable[[PurgeItem], None] | None = None) -> bool:
    """Try each of a run's items once; return whether some got on: others kept neither all of them nor their tables."""
    claimed = _claim(items)
    if not claimed:
        return False
    waiting = [item for item in claimed if item.status == Status.PENDING]
    if waiting:
        _try(waiting)
    tried = {item.pk: item.attempts for item in claimed}
    found = journal_outcomes(claimed)
    for item in found:
        if tell is not None:
            tell(item)
    return any(item.status != Status.PENDING or item.attempts >= tried[item.pk] for item in found)


def _may_share(item: PurgeItem) -> bool:
    return not item.attempts and item.action in MONTHLY


@transaction.atomic
def _claim(items: Sequence[PurgeItem]) -> list[PurgeItem]:
    """Count an attempt before it is made, so that an item that kills its worker is counted too; leave what is taken."""
    run = items[0].run
    is_free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=TransactionNow())
    waiting = run.items.filter(
        is_free, pk__in=[item.pk for item in items], status=Status.PENDING, run__status=PurgeRun.Status.RUNNING
    )
    if len(items) > 1:
        waiting = waiting.filter(attempts=0)
    before = run.items.filter(position__lt=OuterRef("position"), status=Status.PENDING).exclude(action__in=MONTHLY)
    waiting = waiting.exclude(~Q(action__in=MONTHLY) & Exists(before))
    claimed = list(waiting.order_by("position").select_for_update(skip_locked=True, of=("self",)))
    for item in claimed:
        if item.attempts >= ATTEMPTS:
            give_up(item)
    _lease([item for item in claimed if item.status == Status.PENDING])
    return claimed


def _lease(items: Sequence[PurgeItem]) -> None:
    if not items:
        return
    until = transaction_time() + CLAIM_LASTS
    PurgeItem.objects.filter(pk__in=[item.pk for item in items]).update(attempts=F("attempts") + 1, claimed_until=until)
    for item in items:
        item.attempts += 1
        item.claimed_until = until


def _try(items: Sequence[PurgeItem]) -> None:
    try:
        _announce(items)
    except FAULTS as error:
        for item in items:
            note_failure(item, error)
    else:
        _attempt_each(attempt_together(items))


def _announce(items: Sequence[PurgeItem]) -> None:
    """Have the journal say what is about to go; nothing goes before that is on disk."""
    for item in items:
        pass_waypoint(Waypoint.INTENT_DUE, item)
    journal.write_intents(items)
    for item in items:
        pass_waypoint(Waypoint.INTENT_WRITTEN, item)


def _attempt_each(items: Sequence[PurgeItem]) -> None:
    to_come = list(items)
    claimed_at = time.monotonic()
    while to_come:
        if time.monotonic() - claimed_at > RENEW_AFTER.total_seconds() and len(items) > 1:
            to_come, claimed_at = _renewed(to_come), time.monotonic()
        if to_come:
            attempt(to_come.pop(0))


@transaction.atomic
def _renewed(items: Sequence[PurgeItem]) -> list[PurgeItem]:
    """Return the items whose claims are still this worker's, renewed; it never waits for another worker's."""
    claim = {"pk__in": [item.pk for item in items], "claimed_until": items[0].claimed_until, "status": Status.PENDING}
    ours = PurgeItem.objects.filter(**claim).select_for_update(skip_locked=True)
    kept = set(ours.values_list("pk", flat=True))
    until = transaction_time() + CLAIM_LASTS
    PurgeItem.objects.filter(pk__in=kept).update(claimed_until=until)
    renewed = [item for item in items if item.pk in kept]
    for item in renewed:
        item.claimed_until = until
    return renewed
