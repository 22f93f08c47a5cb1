"""A run never does more than its plan: what would enlarge it stops it; what shrinks it is recorded. And pauses."""

from collections.abc import Callable
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from energy.models import DayReading
from ledger.actor import Actor
from ledger.models import Entry
from ledger.verify import main as verify
from protection.rowsecurity import provider_rows
from retention import tasks
from retention.certificates import path_of
from retention.errors import NotAllowedError, PurgeBusyError, RetentionError, RunError
from retention.models import Incident, PurgeItem, PurgeRun, RunOrder
from retention.services import (
    approve_rule,
    begin_purge,
    change_rule,
    pause_purge,
    place_hold,
    purges,
    replay_purges,
    resume_purge,
    run_purge,
)
from retention.waypoints import Subject, Waypoint, observed_by
from tests.conftest import ActAs
from tests.consent.factories import noticed
from tests.retention.factories import AS_OF, OPERATOR, clerk, committed_household, release_hold

OTHER = Actor.operator("Second Operator", "the second person")
MONTHS = [date(2020, month, 5) for month in (1, 2, 3)]
FIRST, SECOND = "energy_dayreading_y2020m01", "energy_dayreading_y2020m02"
REASON = "Readers complain of slow pages"


def days_left() -> list[date]:
    with provider_rows():
        return list(DayReading.objects.order_by("day").values_list("day", flat=True))


def before_the_second_month(acting_as: ActAs, change: Callable[[], object]) -> Callable[[Waypoint, Subject], None]:
    """Return an observer that has the web do something, after the first month is gone and before the second."""

    def watch(point: Waypoint, subject: Subject) -> None:
        if point == Waypoint.COMMITTED and isinstance(subject, PurgeItem) and subject.partition == FIRST:
            with acting_as("web"), provider_rows():
                change()

    return watch


def stop_at_the_second(acting_as: ActAs, run: PurgeRun, change: Callable[[], object]) -> None:
    """Run a purge, have something change before its second month, and see that it stops there, certified."""
    with acting_as("purge"), observed_by(before_the_second_month(acting_as, change)):
        certificate = run_purge(run=run)
    assert certificate is not None
    run.refresh_from_db()
    assert (run.status, certificate.document["payload"]["stopped_because"]) == ("stopped", run.stopped_because)
    states = dict(run.items.filter(retention_class="readings").values_list("partition", "status"))
    assert [states[name] for name in sorted(states) if name.startswith("energy_dayreading")] == ["done", "left", "left"]
    assert verify([str(path_of(certificate))]) == 0
    incident = Incident.objects.open().get(kind="run_faulty")
    assert (incident.subject, incident.text) == (str(run.uuid), run.stopped_because)


def shorten_rule() -> None:
    by = Actor.operator("Third Operator", "the rule's author")
    proposal = change_rule(retention_class="readings", months=48, citation="New policy", reason=REASON, by=by)
    approve_rule(proposal=proposal, by=OTHER)
    noticed()


def lengthen_rule() -> None:
    change_rule(retention_class="readings", months=240, citation="New law", reason=REASON, by=OPERATOR)
    noticed()


@pytest.mark.parametrize("change", [shorten_rule, lengthen_rule])
def test_a_changed_rule_stops_the_run(committed_database: str, acting_as: ActAs, change: Callable[[], None]) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, change)
    assert "rule" in run.stopped_because
    assert days_left() == MONTHS[1:]


def test_a_released_hold_stops_the_run(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(MONTHS)
    committed_household(MONTHS)
    with provider_rows():
        hold = place_hold(
            account=home.account, data_from=date(2020, 2, 1), reason="A lawsuit", citation="Case 1", by=OPERATOR
        )
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, lambda: release_hold(hold=hold, reason="The case is closed", by=OTHER))
    assert "Case 1" in run.stopped_because
    assert days_left() == sorted(MONTHS[1:] * 2)


def test_more_rows_in_a_month_stop_the_run(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, lambda: committed_household([MONTHS[1]]))
    assert "2 rows" in run.stopped_because


def test_a_month_that_came_after_the_plan_stops_the_run(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, lambda: committed_household([date(2019, 7, 5)]))
    assert "energy_dayreading_y2019m07" in run.stopped_because


def test_after_a_stop_a_new_plan_does_the_rest(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, lambda: committed_household([MONTHS[1]]))
    with acting_as("purge"):
        again = begin_purge(by=OPERATOR, as_of=AS_OF)
        run_purge(run=again)
    assert (again.plan == run.plan, again.status) == (False, PurgeRun.Status.FINISHED)
    assert days_left() == []
    assert not Incident.objects.open().exists()


def test_the_command_says_what_stopped_the_run(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    output = StringIO()
    late = before_the_second_month(acting_as, lambda: committed_household([MONTHS[1]]))
    with acting_as("purge"), observed_by(late), pytest.raises(CommandError, match="2 rows would be dropped"):
        call_command("run_purge", as_of=AS_OF, json=True, stdout=output, stderr=StringIO())
    assert output.getvalue().startswith('{"run"')


def test_a_later_hold_shrinks_the_run_and_is_recorded_on_the_item(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)

    def hold() -> None:
        place_hold(account=home.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)

    with acting_as("purge"), observed_by(before_the_second_month(acting_as, hold)):
        run_purge(run=run)
    assert run.status == PurgeRun.Status.FINISHED
    items = run.items.filter(partition__startswith="energy_dayreading").order_by("partition")
    assert [(item.planned_to_drop, item.dropped, item.held, item.shrunk_by) for item in items] == [
        (1, 1, 0, 0),
        (1, 0, 1, 1),
        (1, 0, 1, 1),
    ]
    assert [len(item.hold_ids) for item in items] == [0, 1, 1]


def test_a_poison_item_is_given_up_after_five_attempts_and_the_others_pass(
    committed_database: str, acting_as: ActAs
) -> None:
    committed_household(MONTHS)

    def poison(point: Waypoint, subject: Subject) -> None:
        if point == Waypoint.DROP_DUE and isinstance(subject, PurgeItem) and subject.partition == SECOND:
            raise RetentionError("it is poison")

    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        with observed_by(poison):
            run_purge(run=run)
    assert (run.status, days_left()) == (PurgeRun.Status.FAILED, [MONTHS[1]])
    assert run.items.get(partition=SECOND).attempts == 5
    assert Incident.objects.open().get(kind="item_given_up").subject == SECOND
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert days_left() == []
    assert not Incident.objects.open().exists()


def test_a_month_that_others_keep_in_use_is_not_given_up(
    committed_database: str, acting_as: ActAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purges, "PAUSE_BETWEEN_ROUNDS", 0)
    committed_household(MONTHS)

    def keep_in_use(point: Waypoint, subject: Subject) -> None:
        if point == Waypoint.DROP_DUE and isinstance(subject, PurgeItem) and subject.partition == SECOND:
            raise PurgeBusyError("A long dump reads it.")

    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        with observed_by(keep_in_use):
            assert run_purge(run=run) is None
        waiting = run.items.get(partition=SECOND)
        assert (days_left(), waiting.status, waiting.attempts) == ([MONTHS[1]], "pending", 0)
        assert waiting.last_error == "A long dump reads it."
        run_purge(run=run)
    run.refresh_from_db()
    assert (run.status, days_left()) == (PurgeRun.Status.FINISHED, [])


def test_a_paused_run_rests_and_goes_on_where_it_was(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    pause = before_the_second_month(acting_as, lambda: pause_purge(run=run, reason=REASON, by=OPERATOR))
    with acting_as("purge"):
        with observed_by(pause):
            assert run_purge(run=run) is None
        assert tasks.sweep() == 0
        with pytest.raises(CommandError, match="paused"):
            call_command("run_purge", as_of=AS_OF, stderr=StringIO())
    run.refresh_from_db()
    assert (run.status, days_left()) == (PurgeRun.Status.PAUSED, MONTHS[1:])
    assert run.items.get(partition=SECOND).attempts == 0
    with provider_rows():
        resume_purge(run=run, reason="It is night now", by=OTHER)
    with acting_as("purge"):
        assert tasks.sweep() == 1
    run.refresh_from_db()
    assert (run.status, days_left()) == (PurgeRun.Status.FINISHED, [])
    assert list(run.orders.order_by("pk").values_list("kind", flat=True)) == ["pause", "resume"]
    assert Entry.objects.filter(kind__in=["purge.paused", "purge.resumed"]).count() == 2


def test_the_commands_pause_and_resume(committed_database: str, acting_as: ActAs) -> None:
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        call_command("pause_purge", reason=REASON, stdout=StringIO())
        run.refresh_from_db()
        assert run.is_paused
        with pytest.raises(CommandError, match="paused already"):
            call_command("pause_purge", run=run.uuid, reason=REASON)
        call_command("resume_purge", run=run.uuid, stdout=StringIO())
        run.refresh_from_db()
        assert run.status == PurgeRun.Status.PENDING


@pytest.mark.django_db
def test_who_may_pause_and_when() -> None:
    run = begin_purge(by=OPERATOR, as_of=AS_OF)
    with pytest.raises(NotAllowedError):
        pause_purge(run=run, reason=REASON, by=clerk())
    with pytest.raises(RunError, match="not paused"):
        resume_purge(run=run, reason=REASON, by=OPERATOR)
    with pytest.raises(RunError, match="reason"):
        pause_purge(run=run, reason=" ", by=OPERATOR)


def test_a_run_that_is_over_is_not_paused_by_raw_sql(committed_database: str, acting_as: ActAs) -> None:
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        run_purge(run=run)
    values = {"entry_id": -1, "salt": b"", "evidence": b"", "reason": "r", "given_by_name": "n"}
    for kind in RunOrder.Kind:
        with pytest.raises(IntegrityError, match="cannot be given"), transaction.atomic():
            RunOrder.objects.create(run=run, kind=kind, **values)
    run.refresh_from_db()
    assert run.status == PurgeRun.Status.FINISHED


@pytest.mark.django_db(databases=["default"])
def test_a_stopped_run_says_why_by_raw_sql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'run_stopped_says_why'")
        (definition,) = cursor.fetchone()
    assert "stopped_because" in definition
    assert "NOT VALID" not in definition


def test_a_replay_leaves_what_a_stopped_run_left(committed_database: str, acting_as: ActAs) -> None:
    committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
    stop_at_the_second(acting_as, run, lengthen_rule)
    with acting_as("purge"):
        replay_purges(by=OPERATOR, as_of=AS_OF)
    assert days_left() == MONTHS[1:]
