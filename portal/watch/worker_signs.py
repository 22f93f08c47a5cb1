"""Each Celery worker signs from its main process, also while all of its children are busy, and rings for the watch."""

from typing import Any

from celery import bootsteps
from django.db import connection

from portal import environment
from portal.celery import app
from portal.tasks import watch
from portal.watch.signs import sign_life

EVERY_SECONDS = 30.0
FIRST_AFTER_SECONDS = 1.0
"""By then the children are there."""


class SignsOfLife(bootsteps.StartStopStep):
    """Sign at the worker's own timer.

    The connection is closed each time: a child that is forked later must not inherit one.
    """

    requires = ("celery.worker.components:Timer",)
    timers: tuple[Any, ...] = ()

    def start(self, parent: Any) -> None:
        self.timers = (
            parent.timer.call_after(FIRST_AFTER_SECONDS, self.sign, priority=10),
            parent.timer.call_repeatedly(EVERY_SECONDS, self.sign, priority=10),
        )

    def stop(self, parent: Any) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers = ()

    def sign(self) -> None:
        """Write this worker's sign and ring for the watch; the timer logs a fault and goes on."""
        try:
            sign_life(environment.process())
        finally:
            connection.close()
        watch.apply_async(expires=EVERY_SECONDS)


app.steps["worker"].add(SignsOfLife)
