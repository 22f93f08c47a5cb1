"""The web process's part of the watch: it looks when its health is asked for, for all who may have stopped."""

import logging
import time
from datetime import timedelta
from threading import Lock
from typing import Any

from portal.watch.figures import Figures, read_figures
from portal.watch.signs import sign_life
from portal.watch.watching import keep_watch
from retention.models import Incident

logger = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
OTHERS_TELL_FIRST = timedelta(minutes=3)
"""Workers send the mail; only what they have left for so long holds up a health check while a mail server answers."""

_turn = Lock()
_last_look = float("-inf")


def watch_from_web() -> bool:
    """Sign and look around, at most once a minute in each process; say whether it was done.

    A fault of the watch is no fault of the web process: it is logged, and the health check goes on.
    """
    global _last_look  # noqa: PLW0603 (one look a process and minute)
    with _turn:
        if time.monotonic() - _last_look < EVERY_SECONDS:
            return False
        _last_look = time.monotonic()
    try:
        sign_life("web")
        keep_watch(tell_after=OTHERS_TELL_FIRST)
    except Exception:
        logger.exception("The watch could not look.")
    return True


def health_figures() -> dict[str, Any]:
    """Return what a health check may want to judge by: ages in seconds, days past due, queues, open incidents."""
    figures = read_figures()
    kinds = Incident.objects.open().order_by("kind").values_list("kind", flat=True).distinct()
    return {
        "past_due_days": dict(figures.past_due),
        "last_run": _last_run(figures),
        "queues": dict(figures.queues),
        "waiting": dict(figures.waiting),
        "signs_of_life": {process: int(figures.age(at).total_seconds()) for process, at in figures.signs.items()},
        "incidents": list(kinds),
    }


def _last_run(figures: Figures) -> dict[str, Any] | None:
    if figures.last_run is None:
        return None
    run = figures.last_run.run
    age = figures.age(run.finished_at or run.created_at)
    return {"as_of": run.as_of, "status": run.status, "age_seconds": int(age.total_seconds())}
