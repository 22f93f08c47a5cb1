"""The portal's door after a restore: shut while the purge journal names what the database does not know.

A restored backup brings back what was forgotten. Web server, worker and beat refuse to start, and a web server that was
running answers every page with 503, until `manage.py replay_purges` has purged it again.
"""

import time
from dataclasses import dataclass

from django.db import DatabaseError, connection

from portal.database_guards import Fault
from retention.journal import Stamp, read_end, read_journal, stamp
from retention.reconciliation import is_journal_empty, missing_in_data, reconcile

AHEAD, BEHIND, DAMAGED = "journal_ahead", "journal_behind", "journal_damaged"

REFUSAL = (
    "The purge journal names purges that this database does not know: a backup was restored, and data that was "
    "forgotten may be back. The portal stays shut until it is purged again. Run `python manage.py replay_purges`."
)

_LOOK_EVERY_SECONDS = 5.0
_RECONCILE_EVERY_SECONDS = 600.0


class CannotOpen(SystemExit):
    """Raised at the start of a process that must not work on a restored database yet; the text says what to do."""


@dataclass(slots=True)
class _Look:
    """The last look at the journal's end, and the last at all of it."""

    stamp: Stamp | None = None
    until: float = 0.0
    is_ahead: bool = False
    faults_until: float = 0.0
    faults: tuple[Fault, ...] = ()


_last = _Look()


def forget() -> None:
    """Have the next question answered from the files and the database again."""
    global _last  # noqa: PLW0603 (one look for the whole process)
    _last = _Look()


def require_agreement() -> None:
    """Refuse to start while the journal is ahead; a database that does not answer is for others to report.

    Leaves no connection open, since the caller may fork. Raises CannotOpen.
    """
    if is_journal_empty():
        return
    try:
        is_ahead = bool(missing_in_data(read_journal().entries))
    except DatabaseError:
        return
    finally:
        connection.close()
    if is_ahead:
        raise CannotOpen(REFUSAL)


def is_shut() -> bool:
    """Say whether the journal is ahead, by its last nights; looks when it has changed, and every five seconds.

    The database knows purges in the order in which they were journaled, so a restored one lacks the last of them.
    """
    found = stamp()
    if found is None or not found[1]:
        return False
    if found != _last.stamp or time.monotonic() > _last.until:
        _last.is_ahead = bool(missing_in_data(read_end()))
        _last.stamp, _last.until = found, time.monotonic() + _LOOK_EVERY_SECONDS
    return _last.is_ahead


def faults() -> list[Fault]:
    """Return in what journal and database disagree; the whole journal is read every ten minutes."""
    found = [Fault(AHEAD, REFUSAL)] if is_shut() else []
    if time.monotonic() > _last.faults_until:
        _last.faults = tuple(_slow_faults())
        _last.faults_until = time.monotonic() + _RECONCILE_EVERY_SECONDS
    return [*found, *_last.faults]


def _slow_faults() -> list[Fault]:
    state = reconcile()
    found = []
    if state.behind:
        detail = f"{len(state.behind)} outcomes that the database remembers are not in the purge journal"
        found.append(Fault(BEHIND, f"{detail}; run `python manage.py repair_journal`"))
    if state.damage:
        found.append(Fault(DAMAGED, f"the purge journal was altered: {'; '.join(state.damage[:5])}"))
    return found
