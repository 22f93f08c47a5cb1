"""Files that wait to be taken in: claimed row by row in PostgreSQL, and worked off by a worker.

A worker marks the row in a short transaction, then takes the file in within one long transaction that holds the row's
lock. A row that runs but is not locked was left by a killed worker; the sweep finds it.
"""

from datetime import timedelta
from time import monotonic

from django.core.cache import cache
from django.db.models import Q
from redis.exceptions import RedisError

from energy.errors import ImportRefused
from energy.models import ImportRun
from energy.services.imports import fail_import, run_import
from protection.clock import transaction_time
from protection.rowsecurity import provider_rows

ATTEMPTS = 5
LEFT_AFTER = timedelta(minutes=1)
"""How long a message may take to arrive, and a worker from marking a row to locking it."""

_AT_ONCE = 100
_SHOWN_EVERY = 0.5
_READ_IS = 0.95
_SHOWN_FOR = 3600
Status = ImportRun.Status


def work_import(*, run_id: int) -> None:
    """Take in the file of a run; harmless to repeat, and to call while another worker has it.

    It runs in transactions of its own: call it outside of one. A refused file fails the run and says why; anything
    else that goes wrong gives the run back, to be tried again, five times in all.
    """
    run = _claim(run_id)
    if run is None:
        return
    try:
        with provider_rows():
            run_import(run=run, progress=_Progress(run))
    except ImportRefused as error:
        with provider_rows():
            fail_import(run=run, error=error)
    except Exception:
        _give_back(run)
        raise


def claim_imports() -> list[int]:
    """Return the ids of runs that nobody works on: their message was lost or their worker was killed."""
    with provider_rows():
        before = transaction_time() - LEFT_AFTER
        left = Q(status=Status.PENDING, created_at__lt=before) | Q(status=Status.RUNNING, started_at__lt=before)
        runs = ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(left, original__isnull=False)
        return list(runs.order_by("created_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])


def progress_of(run: ImportRun) -> float:
    """Return how much of a run's file has been taken in, from 0 to 1, while another process works on it."""
    if run.status != Status.RUNNING:
        return run.progress
    try:
        return float(cache.get(_key(run), run.progress))
    except RedisError:
        return run.progress


def _claim(run_id: int) -> ImportRun | None:
    """Mark the run as running, unless it is over, another worker has it locked, or it was tried often enough."""
    with provider_rows():
        waiting = ImportRun.objects.filter(pk=run_id, status__in=[Status.PENDING, Status.RUNNING])
        run = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if run is None:
            return None
        if run.attempts >= ATTEMPTS:
            fail_import(run=run, error=_given_up())
            return None
        run.status, run.attempts, run.started_at = Status.RUNNING, run.attempts + 1, transaction_time()
        run.save(update_fields=["status", "attempts", "started_at"])
        return run


def _give_back(run: ImportRun) -> None:
    with provider_rows():
        if run.attempts >= ATTEMPTS:
            fail_import(run=run, error=_given_up())
        else:
            ImportRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(status=Status.PENDING)


def _given_up() -> ImportRefused:
    return ImportRefused(
        f"The file was tried {ATTEMPTS} times and the work never came to its end; nothing of it is stored.",
        remedy="Tell an administrator: the portal's log says why. Then send the file again.",
    )


class _Progress:
    """Show how far the reader has come where other processes see it, before the import's transaction is over."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._size = run.original.size if run.original else 0
        self._next = monotonic()

    def __call__(self, bytes_read: int) -> None:
        if monotonic() < self._next or not self._size:
            return
        self._next = monotonic() + _SHOWN_EVERY
        try:
            cache.set(_key(self._run), _READ_IS * min(bytes_read / self._size, 1), _SHOWN_FOR)
        except RedisError:
            self._next = float("inf")


def _key(run: ImportRun) -> str:
    return f"energy.import.{run.uuid}"
