"""Plans: who may approve them, within which limits, and that a run carries out an approved one and only once."""

import json
from datetime import date
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger.actor import Actor
from ledger.models import Entry
from protection.rowsecurity import provider_rows
from retention import tasks
from retention.errors import (
    DecidedError,
    LimitsExceededError,
    NotAllowedError,
    PlanError,
    ProposalError,
    RuleError,
    SecondPersonError,
)
from retention.models import Incident, LimitProposal, PurgeLimits, PurgePlan, PurgeRun, RetentionRule, Trigger
from retention.plans import read_plan
from retention.services import (
    approve_limits,
    approve_purge_plan,
    begin_purge,
    change_limits,
    discard_purge_plan,
    make_purge_plan,
    place_hold,
    plan_purge,
    refuse_limits,
    run_purge,
    start_purge,
)
from tests.conftest import ActAs
from tests.retention.factories import AS_OF, OPERATOR, administrator, clerk, committed_household, household

OTHER = Actor.operator("Second Operator", "the second person")
THREE_MONTHS = [date(2020, month, 5) for month in (1, 2, 3)]
REASON = "A test of the limits"


def lower_limits(months: int = 1, rows: int = 1_000) -> None:
    change_limits(months_at_once=months, rows_at_once=rows, reason=REASON, by=OPERATOR)


@pytest.mark.django_db
def test_a_plan_is_kept_as_it_was_made() -> None:
    home = household(THREE_MONTHS)
    hold = place_hold(
        account=home.account, data_to=date(2020, 2, 1), reason="A lawsuit", citation="Case 1", by=OPERATOR
    )
    rehearsal = plan_purge(as_of=AS_OF)
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    plan.refresh_from_db()
    assert read_plan(plan) == rehearsal
    assert (plan.digest, plan.rows_to_drop, plan.months_to_drop) == (rehearsal.digest, 2, 3)
    (readings,) = [entry for entry in rehearsal.as_json()["classes"] if entry["retention_class"] == "readings"]
    assert readings["held_by"] == [{"hold": str(hold.uuid), "citation": "Case 1", "rows": 1}]
    assert readings["locks"]
    assert Entry.objects.get(pk=plan.entry_id).kind == "purge.planned"


@pytest.mark.django_db
def test_a_hold_on_everybody_is_named_with_what_it_covers() -> None:
    for _number in range(2):
        household(THREE_MONTHS)
    hold = place_hold(all_subjects=True, data_from=date(2020, 2, 1), reason="Order", citation="Case 2", by=OPERATOR)
    (readings,) = [entry for entry in plan_purge(as_of=AS_OF).classes() if entry["retention_class"] == "readings"]
    assert (readings["total"], readings["held"]) == (6, 4)
    assert readings["held_by"] == [{"hold": str(hold.uuid), "citation": "Case 2", "rows": 4}]


@pytest.mark.django_db
def test_within_the_limits_the_maker_approves_and_the_ledger_says_so() -> None:
    household(THREE_MONTHS)
    plan = approve_purge_plan(plan=make_purge_plan(as_of=AS_OF, by=OPERATOR), by=OPERATOR)
    assert (plan.is_within_limits, plan.approved_by_name) == (True, OPERATOR.name)
    assert Entry.objects.filter(pk=plan.decision_entry_id or 0, kind="purge.approved").exists()
    with pytest.raises(DecidedError):
        discard_purge_plan(plan=plan, by=OTHER)


@pytest.mark.django_db
def test_beyond_the_limits_it_takes_a_second_person() -> None:
    lower_limits(months=2)
    household(THREE_MONTHS)
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    assert not plan.is_within_limits
    with pytest.raises(SecondPersonError):
        approve_purge_plan(plan=plan, by=OPERATOR)
    with pytest.raises(PlanError, match="approved"):
        start_purge(plan=plan, by=OPERATOR)
    assert start_purge(plan=approve_purge_plan(plan=plan, by=OTHER), by=OPERATOR).plan == plan


@pytest.mark.django_db
def test_limits_lowered_since_count_too() -> None:
    household(THREE_MONTHS)
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    lower_limits(rows=2, months=60)
    with pytest.raises(SecondPersonError):
        approve_purge_plan(plan=plan, by=OPERATOR)
    assert approve_purge_plan(plan=plan, by=OTHER).is_approved


@pytest.mark.django_db
@pytest.mark.parametrize("columns", ["is_approved = true", "is_approved = NULL"])
def test_one_person_cannot_approve_beyond_the_limits_by_raw_sql(columns: str) -> None:
    lower_limits(months=2)
    household(THREE_MONTHS)
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    approval = "UPDATE retention_purgeplan SET decided_at = now(), decided_by_name = %s, decision_entry_id = -1, "
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(approval + columns + " WHERE id = %s", [OPERATOR.name, plan.pk])


@pytest.mark.django_db
def test_a_plan_cannot_lie_about_the_limits_by_raw_sql() -> None:
    lower_limits(months=2)
    household(THREE_MONTHS)
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'retention_purgeplan'")
        copied = {name for (name,) in cursor.fetchall()} - {"id", "uuid", "entry_id", "is_within_limits"}
        names = ", ".join(sorted(copied))
        target = f"INSERT INTO retention_purgeplan (uuid, entry_id, is_within_limits, {names}) "
        source = f"SELECT gen_random_uuid(), -1, true, {names} FROM retention_purgeplan WHERE id = %s"  # noqa: S608
        with pytest.raises(IntegrityError, match="truly"), transaction.atomic():
            cursor.execute(target + source, [plan.pk])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", ["content = '{}'", "digest = repeat('0', 64)", "as_of = '2020-01-01'", "rows_to_drop = 7"]
)
def test_a_plan_is_never_changed(change: str) -> None:
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE retention_purgeplan SET {change} WHERE id = %s", [plan.pk])  # noqa: S608


@pytest.mark.django_db
@pytest.mark.parametrize("is_approved", [None, False])
def test_no_run_without_an_approved_plan_by_raw_sql(is_approved: bool | None) -> None:
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    if is_approved is False:
        discard_purge_plan(plan=plan, by=OPERATOR)
    for plan_id in (plan.pk, None):
        with pytest.raises(IntegrityError, match="approved plan"), transaction.atomic():
            PurgeRun.objects.create(
                plan_id=plan_id,
                as_of=AS_OF,
                trigger="command",
                bounds={},
                summary={},
                plan_digest=plan.digest,
                operator_kind="operator",
                operator="n",
                reason="r",
            )


@pytest.mark.django_db
def test_a_plan_is_carried_out_once() -> None:
    plan = approve_purge_plan(plan=make_purge_plan(as_of=AS_OF, by=OPERATOR), by=OPERATOR)
    run = start_purge(plan=plan, by=OPERATOR)
    assert start_purge(plan=plan, by=OTHER) == run
    with pytest.raises(IntegrityError), transaction.atomic():
        PurgeRun.objects.create(
            plan=plan,
            as_of=AS_OF,
            trigger="page",
            bounds={},
            summary={},
            plan_digest=plan.digest,
            operator_kind="operator",
            operator="n",
            reason="r",
        )


@pytest.mark.django_db
def test_the_same_plan_is_not_made_twice_while_it_waits() -> None:
    household(THREE_MONTHS)
    first, second = (make_purge_plan(as_of=AS_OF, by=by) for by in (OPERATOR, OTHER))
    assert first == second
    household(THREE_MONTHS)
    assert make_purge_plan(as_of=AS_OF, by=OPERATOR) != first


@pytest.mark.django_db
def test_staff_neither_make_nor_approve_nor_discard_a_plan() -> None:
    by = clerk()
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    with pytest.raises(NotAllowedError):
        make_purge_plan(as_of=AS_OF, by=by)
    with pytest.raises(NotAllowedError):
        approve_purge_plan(plan=plan, by=by)
    with pytest.raises(NotAllowedError):
        discard_purge_plan(plan=plan, by=by)
    with pytest.raises(NotAllowedError):
        start_purge(plan=plan, by=by)
    with pytest.raises(NotAllowedError):
        change_limits(months_at_once=1, rows_at_once=1, reason=REASON, by=by)


def test_the_night_approves_in_the_name_of_the_limits(committed_database: str, acting_as: ActAs) -> None:
    committed_household([date(2019, 1, 15)])
    with acting_as("purge"):
        tasks.nightly()
    plan = PurgePlan.objects.get()
    assert (plan.trigger, plan.run.status) == (Trigger.NIGHTLY, PurgeRun.Status.FINISHED)
    assert plan.approved_by_name.startswith("the limits of ")
    assert plan.approved_by_name.endswith(" by Installation")


def test_a_night_beyond_the_limits_waits_and_says_so(committed_database: str, acting_as: ActAs) -> None:
    with provider_rows():
        lower_limits(months=1)
    committed_household([date(2019, 1, 15), date(2019, 2, 15)])
    with acting_as("purge"):
        assert tasks.nightly() == tasks.nightly() == ""
    plan = PurgePlan.objects.get()
    assert not PurgeRun.objects.exists()
    incident = Incident.objects.open().get()
    assert (incident.kind, incident.subject) == ("run_waits", str(plan.uuid))
    with provider_rows():
        by = administrator()
        start_purge(plan=approve_purge_plan(plan=plan, by=by), by=by)
    assert not Incident.objects.open().exists()
    with acting_as("purge"):
        assert tasks.sweep() == 1
        assert tasks.nightly() == str(plan.run.uuid)
    assert PurgeRun.objects.get().status == PurgeRun.Status.FINISHED


@pytest.mark.django_db
def test_tonights_plan_takes_the_place_of_last_nights() -> None:
    night = Actor(kind="system", name="purge", reason="Nightly purge")
    former = make_purge_plan(as_of=date(2026, 3, 14), by=night, trigger=Trigger.NIGHTLY)
    by_hand = make_purge_plan(as_of=date(2026, 3, 14), by=OPERATOR)
    latest = make_purge_plan(as_of=AS_OF, by=night, trigger=Trigger.NIGHTLY)
    assert set(PurgePlan.objects.waiting()) == {by_hand, latest}
    former.refresh_from_db()
    assert former.is_approved is False


def test_the_command_beyond_the_limits_names_the_plan_and_runs_it_once_approved(
    committed_database: str, acting_as: ActAs
) -> None:
    with provider_rows():
        lower_limits(months=2)
    committed_household(THREE_MONTHS)
    with acting_as("purge"), pytest.raises(CommandError, match="Another"):
        call_command("run_purge", as_of=AS_OF)
    plan = PurgePlan.objects.get()
    with provider_rows():
        approve_purge_plan(plan=plan, by=administrator())
    output, errors = StringIO(), StringIO()
    with acting_as("purge"):
        call_command("run_purge", plan=plan.uuid, json=True, stdout=output, stderr=errors)
    printed = json.loads(output.getvalue())
    assert set(printed) == {"run", "classes", "certificate"}
    (readings,) = [entry for entry in printed["classes"] if entry["retention_class"] == "readings"]
    assert readings == {"retention_class": "readings", "total": 3, "held": 0, "dropped": 3}
    assert len(errors.getvalue().splitlines()) == plan.run.items.count() == 3


def test_a_plan_kept_at_the_command_line_is_printed_with_its_id(committed_database: str, acting_as: ActAs) -> None:
    committed_household(THREE_MONTHS)
    output = StringIO()
    with acting_as("purge"):
        call_command("plan_purge", as_of=AS_OF, keep=True, json=True, stdout=output)
    printed = json.loads(output.getvalue())
    plan = PurgePlan.objects.get()
    assert (printed["plan"], printed["digest"], printed["as_of"]) == (str(plan.uuid), plan.digest, AS_OF.isoformat())
    wanted = {"retention_class", "total", "held", "to_drop", "oldest", "newest", "bytes", "partitions"}
    assert all(wanted <= set(entry) for entry in printed["classes"])


def test_a_rehearsal_keeps_nothing(committed_database: str, acting_as: ActAs) -> None:
    committed_household(THREE_MONTHS)
    with acting_as("purge"):
        call_command("plan_purge", as_of=AS_OF, stdout=StringIO())
    assert not PurgePlan.objects.exists()


def test_the_certificate_names_maker_and_approver(committed_database: str, acting_as: ActAs) -> None:
    committed_household(THREE_MONTHS)
    with acting_as("purge"):
        certificate = run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert certificate is not None
    plan = certificate.document["payload"]["plan"]
    assert (plan["made_by"], plan["approved_by"]) == (OPERATOR.name, OPERATOR.name)
    assert plan["plan"] == str(PurgePlan.objects.get().uuid)


def test_lower_limits_are_in_force_at_once_and_higher_ones_by_two(committed_database: str) -> None:
    with provider_rows():
        lower_limits(months=3, rows=100)
    first = PurgeLimits.objects.current().get()
    assert (first.months_at_once, first.rows_at_once) == (3, 100)
    with provider_rows():
        proposal = change_limits(months_at_once=2, rows_at_once=101, reason=REASON, by=OPERATOR)
    assert PurgeLimits.objects.current().get() == first
    with pytest.raises(SecondPersonError):
        approve_limits(proposal=proposal, by=OPERATOR)
    with pytest.raises(ProposalError, match="already waits"):
        change_limits(months_at_once=1, rows_at_once=1, reason=REASON, by=OTHER)
    with provider_rows():
        raised = approve_limits(proposal=proposal, by=OTHER)
    assert PurgeLimits.objects.current().get() == raised
    assert Entry.objects.filter(kind="limits.changed").count() == 2
    with pytest.raises(RuleError):
        change_limits(months_at_once=2, rows_at_once=101, reason=REASON, by=OPERATOR)


@pytest.mark.django_db
def test_refused_limits_change_nothing() -> None:
    before = PurgeLimits.objects.current().get()
    proposal = change_limits(months_at_once=1_000, rows_at_once=10**12, reason=REASON, by=OPERATOR)
    refuse_limits(proposal=proposal, by=OPERATOR)
    assert PurgeLimits.objects.current().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"months_at_once": 0}, {"rows_at_once": 0}, {"reason": ""}])
def test_limits_that_let_nothing_pass_are_refused(values: dict[str, object]) -> None:
    given: dict[str, object] = {"months_at_once": 1, "rows_at_once": 1, "reason": REASON} | values
    with pytest.raises(ProposalError):
        change_limits(by=OPERATOR, **given)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_one_person_cannot_raise_the_limits_by_raw_sql() -> None:
    proposal = change_limits(months_at_once=1_000, rows_at_once=10**12, reason=REASON, by=OPERATOR)
    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        LimitProposal.objects.filter(pk=proposal.pk).update(
            decided_at="2030-01-01T00:00Z", decided_by_name=OPERATOR.name, is_approved=True, decision_entry_id=-1
        )


@pytest.mark.django_db
@pytest.mark.parametrize("is_proposed", [True, False])
def test_nobody_raises_the_limits_without_a_proposal_that_says_so_by_raw_sql(is_proposed: bool) -> None:
    former, now = PurgeLimits.objects.current().get(), "2040-01-01T00:00Z"
    higher = {"months_at_once": former.months_at_once + 1, "rows_at_once": 1}
    text = {"reason": REASON, "proposed_by_name": "A", "decided_by_name": "A", "salt": b"s", "evidence": b"e"}
    decided = {"decided_at": now, "is_approved": True, "decision_entry_id": -1, "entry_id": -1, "is_raising": False}
    savepoint = transaction.savepoint()
    proposal = LimitProposal.objects.create(**higher, **text, **decided) if is_proposed else None
    PurgeLimits.objects.update(valid_to=now)
    PurgeLimits.objects.create(**higher, valid_from=now, created_by_name="A", proposal=proposal)
    with pytest.raises(IntegrityError, match="changed_by_proposal"):
        connection.check_constraints()
    transaction.savepoint_rollback(savepoint)


@pytest.mark.django_db
@pytest.mark.parametrize("id_", [None, -1])
def test_nobody_changes_a_rule_without_a_proposal_by_raw_sql(id_: int | None) -> None:
    now = "2040-01-01T00:00Z"
    rule = RetentionRule.objects.current().get(retention_class="bills")
    with pytest.raises(IntegrityError, match="the privacy notice in force says another period"), transaction.atomic():
        shorten(rule, now, id_)
    assert RetentionRule.objects.current().get(retention_class="bills").months == 60


def shorten(rule: RetentionRule, now: str, id_: int | None) -> None:
    """Write a shorter version of a rule as raw SQL would, under a number of one's own or the next."""
    RetentionRule.objects.filter(pk=rule.pk).update(valid_to=now)
    rule.pk, rule.uuid, rule.months, rule.valid_from, rule.proposal = id_, uuid4(), 13, now, None
    rule.save(force_insert=True)


@pytest.mark.django_db
def test_limits_in_force_are_one_version_and_never_changed() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        PurgeLimits.objects.update(months_at_once=1_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        PurgeLimits.objects.create(
            months_at_once=1, rows_at_once=1, valid_from="2020-01-01T00:00Z", created_by_name="n"
        )


def test_limits_exceeded_leaves_the_plan_to_be_approved(committed_database: str, acting_as: ActAs) -> None:
    with provider_rows():
        lower_limits(rows=1, months=60)
    committed_household(THREE_MONTHS)
    with acting_as("purge"):
        for _attempt in range(2):
            with pytest.raises(LimitsExceededError):
                begin_purge(by=OPERATOR, as_of=AS_OF)
    assert PurgePlan.objects.waiting().count() == 1
