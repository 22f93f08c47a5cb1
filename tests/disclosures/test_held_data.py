"""Held data leaves every basis but legal demand, and the customer's own package says that it is held."""

import csv
import io
import json
import re
from datetime import date
from typing import Any

import pytest

from disclosures.models import LegalBasis, LegalDemand, Package, Release
from disclosures.services import build_package, release_disclosure, serve_notice
from energy.models import Bill, DayReading
from energy.selectors import read_days
from ledger.actor import Actor
from protection.files import open_file, seal_file
from protection.rowsecurity import provider_rows
from retention.models import HeldBill, HeldDayReading
from retention.services import begin_purge, place_hold, run_purge
from tests.conftest import ActAs
from tests.disclosures.demands import let_days_pass, taken_in
from tests.disclosures.factories import REQUESTER, Case, basis, purpose
from tests.disclosures.test_mergers import a_notice, sent_days_ago
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import MemberFactory, RecipientFactory
from tests.retention.factories import AS_OF, OPERATOR

OLD, NEW = date(2019, 1, 15), date(2025, 3, 10)
FIELDS = ("account.number", "usage.readings", "bill.amount_due", "bill.period_start", "bill.period_end")
CODES = [
    "written_consent",
    "contractor_primary_purpose",
    "warrant_or_court_order",
    "subpoena_after_notice",
    "emergency",
    "regulator",
    "other_agency",
    "collections",
    "merger_sale_financing",
    "own_request",
]
LEGAL_DEMANDS = {"warrant_or_court_order": "warrant", "subpoena_after_notice": "subpoena"}


@pytest.fixture
def held_case(committed_database: str, acting_as: ActAs) -> Case:
    """A customer with a day and a bill of 2019, which only a hold keeps, and a day and a bill of 2025."""
    with provider_rows():
        case = Case()
        meter = UsagePointFactory.create(account=case.account)
        for day in (OLD, NEW):
            make_day(meter, day)
            make_bill(case.account, day)
        place_hold(account=case.account, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    with provider_rows():
        assert (HeldDayReading.objects.count(), HeldBill.objects.count()) == (1, 1)
        assert (DayReading.objects.get().day, Bill.objects.get().bill_date) == (NEW, NEW)
    return case


def released(case: Case, code: str, **changes: Any) -> Release:
    """Return a release on a basis, with all that the basis asks for, its package built."""
    with provider_rows():
        on = basis(code)
        kinds = on.recipient_kinds or ["contractor"]
        paper = io.BytesIO(b"The paper on which the demand stands")
        given: dict[str, Any] = {
            "basis": on,
            "field_ids": FIELDS,
            "data_from": date(2018, 12, 1),
            "data_to": date(2025, 4, 1),
            "format": "jsonl",
            "purpose": purpose("energy_analysis" if on.requires_consent else "billing"),
            "recipient": RecipientFactory.create(under_agreement=True, kind=kinds[0]),
            "document": seal_file(paper, name="demand.txt", content_type="text/plain", retention_class="disclosures"),
            "notice_served_on": date(2025, 1, 2),
            "requester": REQUESTER,
        }
        if code == "own_request":
            given |= {"recipient": None, "purpose": None, "document": None}
        demand = _demand(case, LEGAL_DEMANDS[code], given) if code in LEGAL_DEMANDS else None
    if demand is not None and on.notice_days:
        let_days_pass(demand, 30)
    with provider_rows():
        given |= {"demand": demand}
        if on.requires_merger_notice:
            sent_days_ago(a_notice(given["recipient"]), 31)
        if on.requires_consent:
            terms = {"field_ids": FIELDS, "data_from": date(2018, 1, 1)}
            given["recipient"] = case.recipient
            case.consented(**terms)
        by = Actor.of(MemberFactory.create(account=case.account).user) if code == "own_request" else case.by
        release = release_disclosure(request=case.request(**{**given, **changes}), by=by)
    assert build_package(release=release).status == Package.Status.READY
    return release


def _demand(case: Case, kind: str, given: dict[str, Any]) -> LegalDemand:
    """Return the demand for what is given; of a subpoena the customer has been told."""
    names = ("field_ids", "data_from", "data_to", "recipient", "document")
    demand = taken_in(case.account, case.by, kind, **{name: given[name] for name in names})
    if kind == "subpoena":
        serve_notice(demand=demand, by=case.by)
    return demand


def content(release: Release) -> str:
    with provider_rows(), open_file(Package.objects.get(release=release).built.file) as stream:
        return stream.read().decode()


def records(release: Release) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content(release).splitlines()]


def years(found: list[dict[str, Any]], kind: str, column: str) -> set[str]:
    return {record[column][:4] for record in found if record["record"] == kind}


def test_every_basis_is_tried(committed_database: str) -> None:
    tried = {*CODES, "aggregate", "subpoena_contact_data"}
    assert tried == set(LegalBasis.objects.values_list("code", flat=True))


@pytest.mark.parametrize("code", CODES)
def test_only_a_legal_demand_gets_what_is_held(held_case: Case, code: str) -> None:
    found = records(released(held_case, code))
    expected = {"2018", "2019", "2025"} if code in LEGAL_DEMANDS else {"2025"}
    assert years(found, "reading", "start") == (set() if code == "collections" else expected - {"2018"})
    assert years(found, "bill", "bill_period_start") <= expected
    assert len([record for record in found if record["record"] == "bill"]) == (2 if code in LEGAL_DEMANDS else 1)


@pytest.mark.parametrize(("code", "days"), [("warrant_or_court_order", 2), ("written_consent", 1)])
def test_a_green_button_feed_keeps_the_same_rule(held_case: Case, code: str, days: int) -> None:
    feed = released(held_case, code, format="greenbutton")
    assert len(re.findall(r"<(?:\w+:)?IntervalReading>", content(feed))) == days * 24
    with provider_rows():
        assert Package.objects.get(release=feed).built.record_count == days * 24


def test_energy_reads_nothing_that_is_held(held_case: Case) -> None:
    with provider_rows():
        found = list(read_days([held_case.account.pk], [], date(2018, 1, 1), date(2026, 1, 1)))
    assert [day.day for day in found] == [NEW]


def test_the_customers_own_package_says_what_is_held_and_why_in_kind(held_case: Case) -> None:
    with provider_rows():
        place_hold(account=held_case.account, reason="Secret", citation="Order 2", by=OPERATOR, is_confidential=True)
    holds = [record for record in records(released(held_case, "own_request")) if record["record"] == "hold"]
    assert [(hold["held"], hold["held_for"]) for hold in holds] == [("bills readings", "legal_hold")]
    assert "Secret" not in json.dumps(holds)
    assert "A lawsuit" not in json.dumps(holds)


def test_a_spreadsheet_has_the_columns_for_it(held_case: Case) -> None:
    rows = list(csv.DictReader(io.StringIO(content(released(held_case, "own_request", format="csv")))))
    (hold,) = [row for row in rows if row["record"] == "hold"]
    assert (hold["held"], hold["held_for"]) == ("bills readings", "legal_hold")
    other = content(released(held_case, "regulator", format="csv"))
    assert "held" not in other.splitlines()[0]
