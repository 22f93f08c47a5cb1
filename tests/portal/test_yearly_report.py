"""The yearly report counts what happened in a year, tells of nobody, and is handed out in three forms."""

import csv
import io
import json
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Customer
from disclosures.errors import ReleaseDenied
from disclosures.models import Breach
from disclosures.services import comply_with_demand, refuse_demand
from disclosures.services.breaches import add_breach_customers, record_breach, write_to_breach_customers
from disclosures.services.compliance import default_answer
from portal.yearly_report import report_on
from protection.clock import provider_today
from tests.disclosures.demands import taken_in
from tests.disclosures.factories import Case
from tests.factories import UserFactory
from tests.sign_in import signed_in

pytestmark = pytest.mark.django_db


def figures(year: int) -> dict[str, dict[str, int]]:
    return {part.code: {row.code: row.count for row in part.rows} for part in report_on(year).parts}


@pytest.fixture
def year() -> int:
    """Have a year with a demand complied with and one refused, a release on consent, a denial and a breach."""
    case = Case()
    case.consented()
    case.released()
    warrant = taken_in(case.account, case.by, "warrant")
    answer = default_answer(warrant)
    assert answer is not None
    comply_with_demand(demand=warrant, answer=answer, reason="As the court ordered.", by=case.by)
    refuse_demand(demand=taken_in(case.account, case.by), note="No court issued this.", by=case.by)
    other = Case()
    with pytest.raises(ReleaseDenied):
        other.released()
    breach = record_breach(breach=a_breach(), by=case.by)
    add_breach_customers(breach=breach, customers=Customer.objects.filter(pk=case.customer.pk), by=case.by)
    write_to_breach_customers(breach=breach, by=case.by)
    return provider_today().year


def a_breach(**changes: Any) -> Breach:
    values = {
        "title": "A lost laptop",
        "description": "A laptop with a list of accounts was lost on a train.",
        "data_classes": ["identity"],
        "detected_on": provider_today(),
        "containment": "It was wiped from afar.",
        "jurisdictions": ["US-CA"],
    }
    return Breach(**{**values, **changes})


def test_every_figure_is_of_the_year(year: int) -> None:
    found = figures(year)
    assert found["demands"] == {"warrant": 1, "court_order": 0, "subpoena": 1, "emergency": 0, "real_time": 0}
    assert found["outcomes"] == {"subpoena.refused": 1, "warrant.complied": 1}
    assert (found["affected"]["named"], found["affected"]["released"]) == (1, 1)
    assert found["releases"] == {"written_consent": 1, "warrant_or_court_order": 1}
    assert found["non_compliances"]["denials"] == 1
    assert found["breaches"] == {"detected": 1, "customers": 1, "told": 1, "open": 1}
    assert not any(count for part in figures(year - 1).values() for count in part.values())


@pytest.mark.parametrize("make", ["auditor", "administrator"])
def test_it_is_one_click_and_three_files(year: int, make: str) -> None:
    client = signed_in(UserFactory.create(**{make: True}, bound=True))
    page = client.get(reverse("yearly_report"))
    assert page.status_code == 200
    files = {
        one: client.get(reverse("yearly_report_file", args=[one]), {"year": year}) for one in ("csv", "json", "pdf")
    }
    rows = list(csv.DictReader(io.StringIO(files["csv"].content.decode())))
    assert {row["figure"]: row["count"] for row in rows if row["part"] == "demands"}["warrant"] == "1"
    assert json.loads(files["json"].content)
    assert files["pdf"].content.startswith(b"%PDF")
    for text in (page.content, files["csv"].content, files["json"].content):
        for customer in Customer.objects.all():
            assert customer.name.encode() not in text


def test_a_year_without_records_and_an_unknown_format_are_404(year: int) -> None:
    client = signed_in(UserFactory.create(auditor=True, bound=True))
    assert client.get(reverse("yearly_report"), {"year": "1999"}).status_code == 404
    assert client.get(reverse("yearly_report_file", args=["xls"])).status_code == 404


def test_an_auditor_without_an_agreement_gets_no_wrong_zeros(year: int) -> None:
    assert signed_in(UserFactory.create(auditor=True)).get(reverse("yearly_report")).status_code == 403
