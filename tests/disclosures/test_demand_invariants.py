"""What the database itself refuses of legal demands, past every service."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Concealment
from disclosures.models import DemandEvent, DemandSubject, LegalDemand, NonDisclosureOrder
from disclosures.services import refuse_demand, serve_notice
from ledger.services import record
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import subject_rows
from retention.models import LegalHold
from tests.disclosures.demands import FIELDS, FROM, TO, paper, secrecy, taken_in
from tests.disclosures.factories import REQUESTER, Case, purpose
from tests.disclosures.test_invariants import forge_line, forge_release, run
from tests.factories import AccountFactory, MemberFactory, RecipientFactory

pytestmark = pytest.mark.django_db


def forge(case: Case, on: LegalDemand, code: str, **changes: Any) -> Any:
    """Insert a release on a demand past the gate, proper but for the changes."""
    columns = {
        "recipient": on.recipient,
        "purpose": purpose("legal_obligation"),
        "purpose_is_secondary": False,
        "document": paper(),
        "demand": on,
        "field_ids": list(FIELDS),
        "data_from": FROM,
        "data_to": TO,
        "requester": REQUESTER.as_json(),
        **changes,
    }
    return forge_release(case, code, **columns)


def step(demand: LegalDemand, what: str, **columns: Any) -> DemandEvent:
    """Insert a step past the services."""
    witness = record(kind=f"demand.{what}", subject_tag=bytes(16), evidence={"forged": True})
    values = {"actor_kind": "system", "actor_name": "forger", "note": "forged", **columns, **witness.columns()}
    with transaction.atomic():
        return DemandEvent.objects.create(demand=demand, what=what, **values)


def test_a_proper_release_on_a_warrant_may_be_written_in_sql_too() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    assert forge_line(case, forge(case, demand, "warrant_or_court_order"))


def test_legal_process_without_a_demand_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    with pytest.raises(IntegrityError, match="rests on a legal demand"):
        forge(case, demand, "warrant_or_court_order", demand=None)


@pytest.mark.parametrize(
    ("kind", "code", "why"),
    [
        ("subpoena", "warrant_or_court_order", "does not fit a subpoena"),
        ("warrant", "subpoena_contact_data", "does not fit a warrant"),
        ("court_order", "regulator", "does not fit a warrant or court order"),
        ("emergency", "warrant_or_court_order", "does not fit an emergency"),
    ],
)
def test_a_demand_of_another_kind_lets_nothing_out(kind: str, code: str, why: str) -> None:
    case = Case()
    agency = RecipientFactory.create(kind="government_agency")
    demand = taken_in(case.account, case.by, kind, recipient=agency)
    with pytest.raises(IntegrityError, match=why):
        forge(case, demand, code)


def test_real_time_data_without_an_order_of_interception_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "real_time")
    with pytest.raises(IntegrityError, match="order of interception"):
        forge(case, demand, "warrant_or_court_order")


def test_a_subpoena_whose_time_to_contest_runs_lets_nothing_out_whatever_day_of_notice_is_claimed() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    long_ago = provider_today() - timedelta(days=400)
    for serve in (False, True):
        if serve:
            serve_notice(demand=demand, by=case.by)
        with pytest.raises(IntegrityError, match="time to contest"):
            forge(case, demand, "subpoena_after_notice", notice_served_on=long_ago)


def test_a_contested_or_closed_demand_lets_nothing_out() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    serve_notice(demand=demand, by=case.by)
    step(demand, "contested", customer=case.customer)
    with pytest.raises(IntegrityError, match="contested"):
        forge(case, demand, "subpoena_contact_data", field_ids=["customer.name"])
    refuse_demand(demand=demand, note="The court quashed it.", by=case.by)
    with pytest.raises(IntegrityError, match="closed"):
        forge(case, demand, "subpoena_contact_data", field_ids=["customer.name"])


@pytest.mark.parametrize(
    "beyond",
    [
        {"field_ids": [*FIELDS, "bill.amount_due"]},
        {"data_from": FROM - timedelta(days=1)},
        {"data_to": TO + timedelta(days=1)},
    ],
)
def test_a_release_beyond_its_demand_is_refused(beyond: dict[str, Any]) -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    with pytest.raises(IntegrityError, match="beyond the demand"):
        forge(case, demand, "warrant_or_court_order", **beyond)


def test_a_release_to_another_than_who_demands_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    with pytest.raises(IntegrityError, match="another recipient"):
        forge(case, demand, "warrant_or_court_order", recipient=RecipientFactory.create(kind="court"))


def test_a_line_of_somebody_whom_the_demand_does_not_name_is_refused() -> None:
    case, stranger = Case(), Case()
    demand = taken_in(case.account, case.by, "warrant")
    with pytest.raises(IntegrityError, match="does not name"), transaction.atomic():
        forge_line(stranger, forge(stranger, demand, "warrant_or_court_order"))


def test_under_an_order_a_line_that_tells_the_customer_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant", order=secrecy())
    with pytest.raises(IntegrityError, match="is concealed"), transaction.atomic():
        forge_line(case, forge(case, demand, "warrant_or_court_order"))


def test_no_line_hides_behind_a_concealment_without_a_demand() -> None:
    case = Case()
    hidden = Concealment.objects.create(customer=case.customer, origin="nothing:7")
    version = case.consented().scope_version
    with pytest.raises(IntegrityError, match="a demand alone"):
        forge_line(case, consent_version=version, concealment=hidden)


@pytest.mark.parametrize(
    ("what", "columns", "why"),
    [
        ("notice_served", {"served_on": -1, "ends_on": 8}, "in the past"),
        ("notice_served", {"served_on": 0, "ends_on": 0}, "demand_notice_has_its_days"),
        ("contested", {"customer": True}, "not told yet"),
        ("complied", {}, "demand_complied_by_a_release|not of this demand"),
        ("undone", {}, "demand_undone_names_the_step|cannot be undone"),
        ("refused", {"note": ""}, "demand_event_says_why"),
        ("invented", {}, "demand_event_known"),
    ],
)
def test_a_step_that_cannot_be_is_refused(what: str, columns: dict[str, Any], why: str) -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    given = {
        name: provider_today() + timedelta(days=value)
        if name in {"served_on", "ends_on"}
        else (case.customer if name == "customer" else value)
        for name, value in columns.items()
    }
    with pytest.raises(IntegrityError, match=why):
        step(demand, what, **given)


def test_a_notice_under_an_order_is_refused() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, order=secrecy())
    days = {"served_on": provider_today(), "ends_on": provider_today() + timedelta(days=8)}
    with pytest.raises(IntegrityError, match="forbids to tell"):
        step(demand, "notice_served", **days)


@pytest.mark.parametrize("model", [LegalDemand, DemandSubject, DemandEvent, NonDisclosureOrder])
def test_nothing_of_a_demand_is_changed_or_deleted(model: Any) -> None:
    case = Case()
    demand = taken_in(case.account, case.by, order=secrecy())
    table = model._meta.db_table
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
        with pytest.raises(DatabaseError):
            run(statement)
    assert LegalDemand.objects.filter(pk=demand.pk).exists()


def test_a_concealment_ends_once_and_changes_in_nothing_else() -> None:
    case = Case()
    taken_in(case.account, case.by, "warrant", order=secrecy())
    for change in ("origin = 'other'", "tag = '\\x00'", "customer_id = customer_id + 1", "began_at = now()"):
        with pytest.raises(DatabaseError):
            run(f"UPDATE accounts_concealment SET {change}")  # noqa: S608
    with pytest.raises(DatabaseError):
        run("DELETE FROM accounts_concealment")


def test_the_hold_of_a_demand_is_not_ended_by_one_person_in_sql() -> None:
    case = Case()
    demand = taken_in(case.account, case.by, "warrant")
    witness = record(kind="hold.released", subject_tag=bytes(16), evidence={"forged": True})
    with pytest.raises(IntegrityError, match="hold_released_by_two"), transaction.atomic():
        LegalHold.objects.filter(origin=demand.origin).update(
            released_at=transaction_time(),
            released_by_name="forger",
            release_reason="forged",
            release_entry_id=witness.entry_id,
            release_salt=witness.salt,
            release_evidence=witness.evidence,
        )


def test_a_customer_writes_no_step_but_a_contest_of_their_own() -> None:
    case, other = Case(), AccountFactory.create()
    member = MemberFactory.create(account=case.account)
    demand = taken_in(case.account, case.by)
    foreign = taken_in(other, case.by)
    for one in (demand, foreign):
        serve_notice(demand=one, by=case.by)
    scope = {"user_id": member.user_id, "customers": [case.customer.pk], "accounts": [case.account.pk]}
    attempts = [
        (demand, "refused", {"user_id": member.user_id}),
        (demand, "contested", {"customer": case.customer}),
        (foreign, "contested", {"customer": other.customer, "user_id": member.user_id}),
        (foreign, "contested", {"customer": case.customer, "user_id": member.user_id}),
    ]
    for one, what, columns in attempts:
        with pytest.raises(DatabaseError), subject_rows(**scope):
            step(one, what, **columns)
    with subject_rows(**scope):
        assert list(LegalDemand.objects.values_list("pk", flat=True)) == [demand.pk]
        assert step(demand, "contested", customer=case.customer, user_id=member.user_id)


def test_the_state_is_that_of_the_standing_steps_alone() -> None:
    case = Case()
    demand = taken_in(case.account, case.by)
    served = serve_notice(demand=demand, by=case.by)
    step(demand, "undone", undoes=served)
    with connection.cursor() as cursor:
        cursor.execute("SELECT disclosures_demand_state(%s, %s)", [demand.pk, provider_today()])
        assert cursor.fetchone() == ("received",)
