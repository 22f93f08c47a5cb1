"""Any order of readings, bills, holds, releases, days, purges and kills leaves what the model says survives.

A purge that is to be killed runs in a process of its own, forked for it, which kills itself at a waypoint; that a whole
worker with its broker leaves the same is the matrix's part.
"""

import copy
import logging
import os
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal import environment
from protection.rowsecurity import provider_rows
from retention import tasks
from retention.models import PurgeItem, PurgeRun
from retention.services import begin_purge, plan_purge
from retention.waypoints import Observer, Subject, Waypoint, observed_by
from tests import databases as clones
from tests.conftest import _enter_database, _log_in_as
from tests.retention.factories import OPERATOR
from tests.retention.faults.checks import assert_nothing_lost, assert_sound
from tests.retention.faults.world import World
from tests.retention.model import CLASSES

logger = logging.getLogger(__name__)

FINISHED, BROKEN = 0, 3
HOUSEHOLDS = 3
FIRST_DAY = date(2026, 1, 15)
DAYS = [
    date(2020, 2, 29),
    date(2020, 12, 31),
    date(2021, 1, 1),
    date(2021, 1, 31),
    date(2021, 2, 28),
    date(2021, 3, 14),
]
"""What is stored: days on the edges of months and years, some past their time at once, others as the days go by."""

households = st.integers(0, HOUSEHOLDS - 1)
bounds = st.none() | st.sampled_from(DAYS)


@contextmanager
def database_of_its_own() -> Iterator[None]:
    """Give an example a fresh database, and a journal without lines."""
    former, name = str(connection.settings_dict["NAME"]), clones.clone()
    shutil.rmtree(django_settings.JOURNAL_DIR, ignore_errors=True)
    _enter_database(name)
    try:
        yield
    finally:
        _log_in_as("web")
        _enter_database(former)
        clones.drop(name)


class PurgeMachine(RuleBasedStateMachine):
    """What an installation lives through; the model is told of each item when the engine says that it is done."""

    def __init__(self) -> None:
        super().__init__()
        self._life = ExitStack()
        self._life.enter_context(database_of_its_own())
        self.world = World.of(HOUSEHOLDS)
        self.as_of = FIRST_DAY
        self.known: set[int] = set()
        self.placed = 0

    def teardown(self) -> None:
        try:
            self._settle()
        finally:
            self._life.close()

    @initialize()
    def fill(self) -> None:
        for code in CLASSES:
            for day in DAYS[:4]:
                self.world.store(code, day, [0])

    @rule(code=st.sampled_from(CLASSES), days=st.sets(st.sampled_from(DAYS), min_size=1, max_size=2), number=households)
    def store(self, code: str, days: set[date], number: int) -> None:
        for day in sorted(days):
            self.world.store(code, day, [number])

    @rule(number=st.none() | households, code=st.none() | st.sampled_from(CLASSES), first=bounds, past=bounds)
    def place(self, number: int | None, code: str | None, first: date | None, past: date | None) -> None:
        if first and past and first >= past:
            first, past = None, first
        self.placed += 1
        self.world.place(str(self.placed), number, (code,) if code else CLASSES, first, past)

    @precondition(lambda self: self.world.model.holds)
    @rule(which=st.randoms(use_true_random=False))
    def release(self, which: random.Random) -> None:
        self.world.release(which.choice(sorted(self.world.model.holds)))

    @rule(days=st.integers(1, 45))
    def wait(self, days: int) -> None:
        self.as_of += timedelta(days=days)

    @rule()
    def purge(self) -> None:
        self._carry_out(self._started())

    @rule(point=st.sampled_from(Waypoint), passes=st.integers(0, 3))
    def purge_killed(self, point: Waypoint, passes: int) -> None:
        carry_out_and_die(self._started(), point, passes)
        self._take_note()

    @rule()
    def sweep(self) -> None:
        with as_purge():
            tasks.sweep()
        self._take_note()

    @precondition(lambda self: self.known)
    @rule()
    def deliver_a_message_twice(self) -> None:
        run = PurgeRun.objects.order_by("-pk").first()
        assert run is not None
        for _ in range(2):
            self._carry_out(run)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert_nothing_lost(self.world.model, self.as_of)

    def _started(self) -> PurgeRun:
        with as_purge():
            return begin_purge(by=OPERATOR, as_of=self.as_of)

    def _carry_out(self, run: PurgeRun) -> None:
        with as_purge():
            tasks.carry_out(run.pk)
        self._take_note()

    def _take_note(self) -> None:
        """Tell the model what the engine has done since, in its order, and hold its numbers against the model's."""
        with as_purge():
            PurgeItem.objects.update(claimed_until=None)  # the claim of a worker that died lapses
        done = PurgeItem.objects.filter(status=PurgeItem.Status.DONE, retention_class__in=CLASSES)
        for item in done.exclude(pk__in=self.known).order_by("finished_at", "pk"):
            self.known.add(item.pk)
            if item.action == PurgeItem.Action.TRIM_HELD:
                counts = self.world.model.trim_held(item.retention_class, item.before)
            else:
                assert item.lower is not None
                counts = self.world.model.expire(item.retention_class, item.lower, item.before)
            assert (item.held, item.dropped) == (counts.held, counts.dropped), item

    def _settle(self) -> None:
        """Have the next run finish what is left, and judge."""
        with as_purge():
            tasks.sweep()
        self._take_note()
        last = self._started()
        self._carry_out(last)
        last.refresh_from_db()
        assert last.status == PurgeRun.Status.FINISHED
        with provider_rows():
            rest = plan_purge(as_of=self.as_of)
        assert not sum(entry["to_drop"] for entry in rest.classes())
        expected = copy.deepcopy(self.world.model)
        expected.purge(self.as_of)
        assert expected == self.world.model, "the engine left something that is past its time"
        assert_sound(self.world.model, self.as_of)


@contextmanager
def as_purge() -> Iterator[None]:
    """Log in as the purge for a block."""
    _log_in_as("purge")
    try:
        yield
    finally:
        _log_in_as("web")


def carry_out_and_die(run: PurgeRun, point: Waypoint, passes: int) -> None:
    """Carry out a run in a process that kills itself when it comes to a point after so many passes of it, if ever."""
    connection.close()  # the child must not inherit a connection of ours
    child = os.fork()
    if child == 0:
        exit_code = BROKEN
        try:
            with as_purge(), observed_by(killer(point, passes)):
                tasks.carry_out(run.pk)
            exit_code = FINISHED
        except Exception:
            logger.exception("The purge that was to be killed failed.")
        finally:
            os._exit(exit_code)
    status = os.waitpid(child, 0)[1]
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert was_killed or os.waitstatus_to_exitcode(status) == FINISHED, "the purge failed before it was killed"


def killer(point: Waypoint, passes: int) -> Observer:
    """Return an observer that kills this process."""
    left = passes

    def kill(passed: Waypoint, _subject: Subject) -> None:
        nonlocal left
        if passed == point:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return kill


def run_machine(examples: int, steps: int) -> None:
    assert environment.name() == "test"
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # each step is a transaction of a server: shrinking would take hours
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(PurgeMachine, settings=profile)


def test_purge_agrees_with_the_model(committed_database: str) -> None:
    run_machine(examples=3, steps=10)


@pytest.mark.faults
def test_purge_agrees_with_the_model_over_many_lives(committed_database: str) -> None:
    run_machine(examples=60, steps=40)
