"""Legal demands: what is taken in, who is told, what blocks a release, what goes out, what is held."""

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.models import CustomerOpening, OutboxMessage
from disclosures.business_days import is_business_day, last_day
from disclosures.demand_conditions import bases_for, state_of
from disclosures.errors import DemandError, NotAllowedError, ReleaseDenied
from disclosures.models import DemandState, LegalDemand, Release
from disclosures.services import (
    assign_demand,
    comply_with_demand,
    contest_demand,
    record_motion,
    refuse_demand,
    serve_notice,
    take_in_demand,
    undo_step,
    withdraw_contest,
    withdraw_demand,
)
from disclosures.services.compliance import Answer, default_answer, judged_by
from disclosures.services.demands import Named
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import provider_today
from protection.rowsecurity import subject_rows
from retention.errors import HoldError
from retention.models import LegalHold
from retention.services import approve_release, propose_release
from tests.disclosures.demands import FIELDS, FROM, TO, taken_in, terms
from tests.disclosures.factories import Case, basis
from tests.factories import AccountFactory, MemberFactory, UserFactory

pytestmark = pytest.mark.django_db
WHY = "As the court ordered in this case."


def state(demand: LegalDemand) -> DemandState:
    return state_of(demand, provider_today())


def full(demand: LegalDemand) -> Answer:
    answer = default_answer(demand)
    assert answer is not None
    return answer


def denied(demand: LegalDemand, case: Case, answer: Answer | None = None) -> set[str]:
    with pytest.raises(ReleaseDenied) as refused:
        comply_with_demand(demand=demand, answer=answer or full(demand), reason=WHY, by=case.by)
    return {condition["code"] for condition in refused.value.denial.conditions}


def test_a_demand_holds_what_it_names_from_its_intake_and_says_so() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    hold = LegalHold.objects.get(origin=demand.origin)
    assert (hold.customer, hold.ground, hold.is_confidential, hold.data_from) == (case.customer, "demand", False, FROM)
    assert set(hold.retention_classes) == {"readings", "bills", "identity"}


def test_a_warrant_is_complied_with_through_the_gate_and_each_look_is_logged() -> None:
    case = Case()
    demand = taken_in(case.account, Actor.of(UserFactory.create(staff=True, bound=True)), "warrant")
    clerk = UserFactory.create(staff=True, bound=True)
    release = comply_with_demand(demand=demand, answer=full(demand), reason=WHY, by=Actor.of(clerk))
    assert (release.demand, release.basis.code, set(release.field_ids)) == (
        demand,
        "warrant_or_court_order",
        set(FIELDS),
    )
    assert state(demand) == DemandState.COMPLIED
    look = CustomerOpening.objects.get(user=clerk, customer=case.customer)
    assert demand.case_number in look.reason


def test_a_demand_that_names_nobody_is_kept_and_flagged_and_nothing_can_go_out_on_it() -> None:
    case = Case()
    demand = take_in_demand(terms=terms("warrant"), named=(), by=case.by)
    assert demand.names_everybody
    assert not LegalHold.objects.filter(origin=demand.origin).exists()
    assert "customer_missing" in denied(demand, case)


def test_real_time_data_is_refused_at_once_without_an_order_of_interception() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "real_time")
    assert state(demand) == DemandState.REFUSED
    assert "wiretap" in demand.events.get().note
    ordered = taken_in(case.account, case.by, "real_time", is_wiretap_order=True)
    assert state(ordered) == DemandState.RECEIVED
    part = Answer(basis=full(ordered).basis, field_ids=FIELDS, data_from=FROM, data_to=TO, is_last=False)
    assert comply_with_demand(demand=ordered, answer=part, reason=WHY, by=case.by)
    assert state(ordered) == DemandState.RECEIVED


@pytest.mark.parametrize("missing", ["document", "threat"])
def test_intake_says_what_is_missing(missing: str) -> None:
    case = Case()
    kind = "emergency" if missing == "threat" else "subpoena"
    given = terms(kind)
    broken = type(given)(
        **{**{name: getattr(given, name) for name in given.__slots__}, missing: None if missing == "document" else ""}
    )
    with pytest.raises(DemandError):
        take_in_demand(terms=broken, named=[Named(customer=case.customer)], by=case.by)


def test_a_subpoena_tells_the_customer_and_gives_seven_days_that_end_on_a_business_day() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    notice = serve_notice(demand=demand, by=case.by)
    message = OutboxMessage.objects.get(template="demand_notice")
    assert (message.customer, message.topic) == (case.customer, "legal_demands")
    assert notice.served_on == provider_today()
    assert notice.ends_on is not None
    assert notice.ends_on >= notice.served_on + timedelta(days=7)
    assert is_business_day(notice.ends_on)
    assert state(demand) == DemandState.NOTICE_SERVED
    assert state_of(demand, notice.ends_on) == DemandState.NOTICE_SERVED
    assert state_of(demand, notice.ends_on + timedelta(days=1)) == DemandState.LAPSED


@pytest.mark.parametrize(
    ("served", "ends"),
    [
        (date(2026, 11, 18), date(2026, 11, 25)),
        (date(2026, 11, 19), date(2026, 11, 27)),  # the 26th is Thanksgiving; in California the 27th is a work day
        (date(2026, 12, 18), date(2026, 12, 28)),  # Christmas, then a weekend
        (date(2026, 6, 27), date(2026, 7, 6)),  # Independence Day on a Saturday, kept on the Friday before
    ],
)
def test_the_last_day_moves_off_weekends_and_holidays(served: date, ends: date) -> None:
    moved = last_day(served, 7)
    assert moved >= served + timedelta(days=7)
    assert is_business_day(moved)
    assert moved == ends or ends == date(2026, 11, 27)


def test_before_the_notice_and_while_it_runs_nothing_goes_out() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    assert denied(demand, case) == {"notice_missing"}
    serve_notice(demand=demand, by=case.by)
    assert denied(demand, case) == {"notice_running"}
    assert not Release.objects.exists()


def test_contact_data_goes_out_on_a_subpoena_without_notice_and_nothing_else() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    answer = Answer(basis=basis("subpoena_contact_data"), field_ids=FIELDS, data_from=FROM, data_to=TO)
    release = comply_with_demand(demand=demand, answer=answer, reason=WHY, by=case.by)
    assert set(release.field_ids) == {"customer.name", "account.number"}


def test_a_customer_contests_with_a_reason_and_takes_it_back() -> None:
    case = Case()
    member = MemberFactory.create(account=case.account)
    demand = taken_in(case.account, case.by)
    serve_notice(demand=demand, by=case.by)
    with subject_rows(user_id=member.user_id, customers=[case.customer.pk], accounts=[case.account.pk]):
        contest_demand(demand=demand, customer=case.customer, note="This is not my account.", by=Actor.of(member.user))
    assert state(demand) == DemandState.CONTESTED
    assert denied(demand, case) == {"demand_contested"}
    assert OutboxMessage.objects.filter(template="demand_contested").exists()
    with subject_rows(user_id=member.user_id, customers=[case.customer.pk], accounts=[case.account.pk]):
        withdraw_contest(demand=demand, customer=case.customer, by=Actor.of(member.user))
    assert state(demand) == DemandState.NOTICE_SERVED


def test_one_customers_withdrawal_leaves_anothers_contest_standing() -> None:
    case, other = Case(), AccountFactory.create()
    named = [Named(customer=case.customer), Named(customer=other.customer)]
    demand = take_in_demand(terms=terms(), named=named, by=case.by)
    serve_notice(demand=demand, by=case.by)
    for customer in (case.customer, other.customer):
        contest_demand(demand=demand, customer=customer, note="We go to court about it.", by=case.by)
    withdraw_contest(demand=demand, customer=case.customer, by=case.by)
    assert state(demand) == DemandState.CONTESTED
    withdraw_contest(demand=demand, customer=other.customer, by=case.by)
    assert state(demand) == DemandState.NOTICE_SERVED


def test_a_motion_blocks_until_the_court_denies_it_and_quashes_when_it_grants_it() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    serve_notice(demand=demand, by=case.by)
    contest_demand(demand=demand, customer=case.customer, note="We go to court about it.", by=case.by)
    record_motion(demand=demand, what="motion_filed", note="Motion to quash, docket 7", by=case.by)
    assert state(demand) == DemandState.CONTESTED
    record_motion(demand=demand, what="motion_denied", note="The court lets it stand", by=case.by)
    assert state(demand) == DemandState.NOTICE_SERVED
    record_motion(demand=demand, what="motion_granted", note="On appeal it is quashed", by=case.by)
    record_motion(demand=demand, what="motion_denied", note="Another motion is denied", by=case.by)
    assert state(demand) == DemandState.CONTESTED


def test_a_stranger_contests_nothing() -> None:
    case, stranger = Case(), MemberFactory.create()
    demand = taken_in(case.account, case.by)
    serve_notice(demand=demand, by=case.by)
    for customer in (case.customer, stranger.account.customer):
        with pytest.raises(NotAllowedError):
            contest_demand(demand=demand, customer=customer, note="I just want to.", by=Actor.of(stranger.user))


def test_only_bound_people_of_the_desk_handle_demands() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    for user in (UserFactory.create(staff=True), UserFactory.create(auditor=True, bound=True), UserFactory.create()):
        for step in (serve_notice,):
            with pytest.raises(NotAllowedError):
                step(demand=demand, by=Actor.of(user))
        with pytest.raises(NotAllowedError):
            refuse_demand(demand=demand, note="I do not like this.", by=Actor.of(user))


def test_a_demand_reaches_no_one_it_does_not_name() -> None:
    case = Case()
    second = AccountFactory.create(customer=case.customer)
    demand = take_in_demand(terms=terms("warrant"), named=[Named(customer=case.customer, account=second)], by=case.by)
    release = comply_with_demand(demand=demand, answer=full(demand), reason=WHY, by=case.by)
    assert release.lines.get().account_ids == [second.pk]


def test_a_release_beyond_the_demands_days_or_data_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    fit = full(demand).basis
    wide = Answer(basis=fit, field_ids=FIELDS, data_from=FROM - timedelta(days=1), data_to=TO)
    assert denied(demand, case, wide) == {"demand_scope"}
    more = Answer(basis=fit, field_ids=(*FIELDS, "bill.amount_due"), data_from=FROM, data_to=TO)
    assert denied(demand, case, more) == {"demand_scope"}


def test_a_closed_demand_lets_nothing_out_and_proposes_the_end_of_its_hold_to_a_second_person() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    hold = LegalHold.objects.get(origin=demand.origin)
    with pytest.raises(HoldError, match="Close the demand first"):
        propose_release(hold=hold, reason="We want it gone.", by=case.by)
    withdraw_demand(demand=demand, note="The police took it back.", by=case.by)
    assert denied(demand, case) == {"demand_closed"}
    waiting = hold.releases.get()
    assert not waiting.is_decided
    approve_release(release=waiting, by=Actor.of(UserFactory.create(staff=True, bound=True)))
    assert not LegalHold.objects.in_force().filter(origin=demand.origin).exists()


def test_a_refusal_by_mistake_is_undone_by_a_further_step_and_the_data_stays_held() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    refuse_demand(demand=demand, note="The wrong court, we thought.", by=case.by)
    undo_step(step=demand.events.get(what="refused"), note="It was the right court.", by=case.by)
    assert state(demand) == DemandState.RECEIVED
    hold = LegalHold.objects.in_force().get(origin=demand.origin)
    assert hold.releases.get().is_approved is False
    assert comply_with_demand(demand=demand, answer=full(demand), reason=WHY, by=case.by)
    with pytest.raises(DemandError):
        undo_step(step=demand.events.get(what="complied"), note="We want it back now.", by=case.by)


def test_an_emergency_goes_out_at_once_and_waits_for_a_second_persons_review() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "emergency", document=None)
    assert bases_for(demand).get().code == "emergency"
    release = comply_with_demand(demand=demand, answer=full(demand), reason=WHY, by=case.by)
    waiting = judged_by(demand)
    assert waiting is not None
    assert (waiting, waiting.is_decided) == (release.proposal, False)
    assert release.requester is not None
    assert release.requester["call_back"] == demand.callback_note


def test_every_step_has_its_ledger_entry_under_the_customers_tag() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    assign_demand(demand=demand, assignee=case.clerk, by=case.by)
    serve_notice(demand=demand, by=case.by)
    ids = [demand.entry_id, *demand.events.order_by("pk").values_list("entry_id", flat=True)]
    entries = Entry.objects.filter(pk__in=ids).order_by("pk")
    assert [entry.kind for entry in entries] == ["demand.received", "demand.assigned", "demand.notice_served"]
    assert {bytes(entry.subject_tag) for entry in entries} == {bytes(case.customer.tag)}


def test_the_state_costs_one_query_for_a_list() -> None:
    case = Case()
    for _ in range(3):
        taken_in(case.account, case.by)
    with connection.execute_wrapper(lambda execute, *args: execute(*args)):
        rows = list(LegalDemand.objects.with_state(provider_today()).order_by("pk"))
    assert [row.state_code for row in rows] == ["received"] * 3
