"""Signs of life as they were some time ago."""

from datetime import timedelta

from django.db.models.functions import Now

from portal.models import SignOfLife
from portal.watch.conditions import SILENT_AFTER
from portal.watch.signs import sign_life

AWAKE = SILENT_AFTER + timedelta(minutes=1)
"""A looking process that has run for long enough to judge the others."""

PROCESSES = ("web", "worker", "purge", "beat")


def all_alive() -> None:
    for process in PROCESSES:
        sign_life(process)


def silence(process: str, *, ago: timedelta = timedelta(hours=1)) -> None:
    """Have a kind of process signed for the last time that long ago."""
    sign_life(process)
    SignOfLife.objects.filter(process=process).update(at=Now() - ago)
