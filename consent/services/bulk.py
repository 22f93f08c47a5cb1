"""Consents that the desk records many at once: sent, checked, ordered, recorded as a whole or without what is wrong.

A worker marks the entry in a short transaction, then works within one long transaction that holds the entry's lock: a
worker that is killed leaves nothing but the mark, and the sweep finds an entry that works and is not locked.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.errors import NotAllowedError
from accounts.models import User
from accounts.permissions import DESK_ROLES, is_bound
from consent.bulk.findings import BulkRefused, Finding
from consent.bulk.judging import Judged, judge_rows
from consent.bulk.scans import Scans
from consent.bulk.table import read_table
from consent.errors import BulkOverError
from consent.models import BulkEntry, BulkFinding
from consent.services.together import write_grants
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.files import destroy_file, open_file, seal_bytes, seal_file
from protection.models import SealedFile
from protection.rowsecurity import provider_rows

ATTEMPTS = 5
LEFT_AFTER = timedelta(minutes=1)
"""How long a message may take to arrive, and a worker from marking an entry to locking it."""

FORGOTTEN_AFTER = timedelta(days=30)
"""After this an entry that was checked and never ordered is discarded."""

_AT_ONCE = 20
_SHOWN_FOR = 3600
_MOST_FINDINGS = 10_000
Status = BulkEntry.Status


@transaction.atomic
def send_bulk_entry(
    *, table: BinaryIO, scans: BinaryIO | None, language: str, uuid: UUID | None = None, by: Actor
) -> BulkEntry:
    """Keep a table and its scans sealed, and return the entry that waits to be checked.

    The `uuid` of an entry that the same person sent before brings that one: a form sent twice makes one. Raises
    NotAllowedError.
    """
    if not is_bound(by, DESK_ROLES) or by.user_id is None:
        raise NotAllowedError
    earlier = BulkEntry.objects.filter(uuid=uuid, created_by=by.user_id).first() if uuid else None
    if earlier is not None:
        return earlier
    return BulkEntry.objects.create(
        uuid=uuid or uuid4(),
        table=_sealed(table, "consents.csv", "text/csv"),
        scans=_sealed(scans, "scans.zip", "application/zip") if scans else None,
        language=language,
        created_by_id=by.user_id,
    )


@transaction.atomic
def order_bulk_entry(*, entry: BulkEntry, takes_clean_rows: bool, by: Actor) -> BulkEntry:
    """Have a checked entry recorded: the whole, or with `takes_clean_rows` all rows without findings.

    Raises NotAllowedError, and BulkOverError where it is not checked, or has findings and the whole is ordered.
    """
    entry = _checked(entry, by)
    if entry.clean_count == 0 or (entry.has_findings and not takes_clean_rows):
        raise BulkOverError
    entry.status, entry.takes_clean_rows = Status.RECORDING, takes_clean_rows
    entry.attempts, entry.started_at = 0, transaction_time()
    entry.save(update_fields=["status", "takes_clean_rows", "attempts", "started_at"])
    return entry


@transaction.atomic
def discard_bulk_entry(*, entry: BulkEntry, by: Actor) -> BulkEntry:
    """Record nothing of a checked entry and destroy its files. Raises NotAllowedError, BulkOverError."""
    return _close(_checked(entry, by), Status.DISCARDED)


def work_bulk_entry(*, entry_id: int) -> None:
    """Check an entry, or record it; harmless to repeat, and to call while another worker has it.

    It runs in transactions of its own: call it outside of one. What cannot be read is refused and says why; anything
    else that goes wrong is tried again, five times in all.
    """
    entry = _claim(entry_id)
    if entry is None:
        return
    try:
        with provider_rows(), translation.override(entry.language):
            _work(entry)
    except BulkRefused as error:
        with provider_rows():
            _close(entry, Status.FAILED, str(error))


def claim_bulk_entries() -> list[int]:
    """Return the ids of entries that nobody works on: their message was lost or their worker was killed."""
    with provider_rows():
        before = transaction_time() - LEFT_AFTER
        left = Q(started_at__isnull=True, created_at__lt=before) | Q(started_at__lt=before)
        waiting = BulkEntry.objects.select_for_update(skip_locked=True).filter(left, status__in=BulkEntry.WORKING)
        return list(waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])


def discard_forgotten_entries() -> int:
    """Discard what was checked long ago and never ordered; return how many entries that were."""
    with provider_rows():
        before = transaction_time() - FORGOTTEN_AFTER
        forgotten = BulkEntry.objects.select_for_update(skip_locked=True).filter(
            status=Status.CHECKED, created_at__lt=before
        )
        return len([_close(entry, Status.DISCARDED) for entry in forgotten])


def progress_of(entry: BulkEntry) -> float:
    """Return how much of what an entry waits for is done, from 0 to 1, while another process works on it."""
    try:
        return float(cache.get(_key(entry), 0)) if entry.is_working else 1
    except RedisError:
        return 0


def _work(entry: BulkEntry) -> None:
    entry = BulkEntry.objects.select_for_update(of=("self",)).select_related("table", "scans").get(pk=entry.pk)
    if not entry.is_working:
        return
    by, today = Actor.of(User.objects.get(pk=entry.created_by_id)), provider_today()
    if not is_bound(by, DESK_ROLES):
        raise BulkRefused(_("Who sent this may not record consents any more."))
    with open_file(entry.table) as stream:
        rows = read_table(stream).rows
    packed = open_file(entry.scans) if entry.scans else None
    try:
        scans, show = Scans(packed), _Progress(entry)
        judged, strange = judge_rows(rows, scans, entry=entry.uuid, today=today, by=by, progress=show)
        _note(entry, judged, strange)
        if entry.status == Status.RECORDING and not (entry.has_findings and not entry.takes_clean_rows):
            _record(entry, [one for one in judged if one.grant], scans, by, show)
            _close(entry, Status.FINISHED)
        else:
            entry.status = Status.CHECKED
            entry.save(update_fields=["status"])
    finally:
        if packed:
            packed.close()


def _note(entry: BulkEntry, judged: Sequence[Judged], strange: Sequence[Finding]) -> None:
    entry.findings.all().delete()
    found = [*strange, *(finding for one in judged for finding in one.findings)]
    BulkFinding.objects.bulk_create(
        BulkFinding(entry=entry, line=each.line, column=each.column[:40], message=each.message)
        for each in found[:_MOST_FINDINGS]
    )
    entry.row_count, entry.clean_count = len(judged), sum(one.grant is not None for one in judged)
    entry.save(update_fields=["row_count", "clean_count"])


def _record(entry: BulkEntry, clean: Sequence[Judged], scans: Scans, by: Actor, show: Callable[[float], None]) -> None:
    for one in clean:
        if one.grant is not None and one.scan_sha256:
            evidence = scans.evidence(one.row["evidence"])
            one.grant.details["evidence_file"] = seal_bytes(
                evidence.content, name=evidence.name, content_type=evidence.content_type, retention_class="evidence"
            )
    grants = [one.grant for one in clean if one.grant is not None]
    for written in write_grants(grants, by=by, at=transaction_time()):
        entry.recorded_count = written
        show(written / len(grants))
    entry.save(update_fields=["recorded_count"])


def _claim(entry_id: int) -> BulkEntry | None:
    """Mark an entry as worked on, unless it is over, another worker has it locked, or it was tried often enough."""
    with provider_rows():
        waiting = BulkEntry.objects.filter(pk=entry_id, status__in=BulkEntry.WORKING)
        entry = waiting.select_for_update(skip_locked=True).first()
        if entry is None:
            return None
        if entry.attempts >= ATTEMPTS:
            with translation.override(entry.language):
                _close(entry, Status.FAILED, _("It was tried five times. Tell an administrator: the log says why."))
            return None
        entry.attempts, entry.started_at = entry.attempts + 1, transaction_time()
        entry.save(update_fields=["attempts", "started_at"])
        return entry


def _checked(entry: BulkEntry, by: Actor) -> BulkEntry:
    if not is_bound(by, DESK_ROLES):
        raise NotAllowedError
    entry = BulkEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if entry.status != Status.CHECKED:
        raise BulkOverError
    return entry


def _close(entry: BulkEntry, status: str, message: str = "") -> BulkEntry:
    """End an entry. The scans go at once; the table stays where rows of it are to be had back."""
    entry.status, entry.message, entry.finished_at = status, message, transaction_time()
    entry.save(update_fields=["status", "message", "finished_at"])
    if entry.scans is not None:
        destroy_file(entry.scans)
    if status != Status.FINISHED or not entry.has_findings:
        destroy_file(entry.table)
    return entry


def _sealed(stream: BinaryIO, name: str, content_type: str) -> SealedFile:
    return seal_file(stream, name=name, content_type=content_type, retention_class="import_originals")


class _Progress:
    """Show how far the work has come where other processes see it, twenty times at most."""

    def __init__(self, entry: BulkEntry) -> None:
        self._key, self._shown = _key(entry), -1

    def __call__(self, fraction: float) -> None:
        step = int(fraction * 20)
        if step == self._shown:
            return
        self._shown = step
        try:
            cache.set(self._key, fraction, _SHOWN_FOR)
        except RedisError:
            return


def _key(entry: BulkEntry) -> str:
    return f"consent.bulk.{entry.uuid}"
