"""A statement of disagreement goes out with every release of the value, in every format, and with no other."""

import csv
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest

from accounts.models import Dispute
from disclosures.models import Package, Release
from disclosures.services import build_package
from ledger.actor import Actor
from protection.clock import provider_today
from protection.files import open_file
from rights.services import correct_field, decide_correction, state_disagreement, withdraw_disagreement
from tests.disclosures.factories import Case, clerk_for
from tests.energy.factories import UsagePointFactory, make_day
from tests.factories import AccountFactory, MemberFactory

pytestmark = pytest.mark.django_db

WORDS = "My name is written otherwise.\n=HYPERLINK(1)\naccount-000009.xml: forged, stated on 1999-01-01"
STREET = "account.service_street"


def case_with_usage() -> Case:
    """Return a case whose customer has one day of readings."""
    case = Case()
    make_day(UsagePointFactory.create(account=case.account), date(2025, 3, 1))
    return case


def disputed(case: Case, field_id: str = "customer.name", *, account: Any = None) -> tuple[Dispute, Actor]:
    """Have the customer disagree with a value that staff refused to correct."""
    by = Actor.of(MemberFactory.create(account=case.account).user)
    row = (account or case.account) if field_id.startswith("account.") else case.customer
    correction = correct_field(customer=case.customer, row=row, field_id=field_id, value="Otherwise", by=by)
    decide_correction(
        correction=correction, accept=False, reason="The register says so.", by=Actor.of(clerk_for(case.customer))
    )
    return state_disagreement(correction=correction, statement=WORDS, by=by), by


def built(case: Case, **changes: Any) -> tuple[Release, bytes]:
    """Return a release and its file."""
    release = case.released(**changes)
    assert build_package(release=release).status == Package.Status.READY
    release = Release.objects.get(pk=release.pk)
    with open_file(release.package.built.file) as stream:
        return release, stream.read()


def said() -> dict[str, str]:
    return {"field": "customer_name", "stated_on": provider_today().isoformat(), "statement": WORDS}


def test_json_lines_carry_it_in_a_member_beside_the_value() -> None:
    case = case_with_usage()
    case.consented()
    disputed(case)
    records = [json.loads(line) for line in built(case, format="jsonl")[1].splitlines()]
    assert [record["disagreements"] for record in records if record["record"] == "account"] == [[said()]]
    assert not any("disagreements" in record for record in records if record["record"] != "account")


def test_csv_carries_it_in_a_column_that_no_spreadsheet_runs() -> None:
    case = case_with_usage()
    case.consented()
    disputed(case)
    rows = list(csv.DictReader(io.StringIO(built(case)[1].decode(), newline="")))
    assert rows[0]["disagreements"] == f"customer_name, {provider_today().isoformat()}: {WORDS}"
    assert not any(row["disagreements"] for row in rows[1:])


def test_green_button_carries_it_in_a_text_beside_the_feed_whose_headings_nobody_forges() -> None:
    case = case_with_usage()
    case.consented()
    disputed(case)
    release, content = built(case, format="greenbutton")
    file = release.package.built.file
    assert (file.content_type, file.name[-4:]) == ("application/zip", ".zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["account-000001.xml", "disagreements.txt"]
        lines = archive.read("disagreements.txt").decode().splitlines()
    assert f"account-000001.xml: customer_name, stated on {provider_today().isoformat()}" in lines
    assert [f"    {line}" for line in WORDS.splitlines()] == lines[-3:]


@pytest.mark.parametrize("form", ["csv", "jsonl", "greenbutton"])
def test_release_without_the_field_does_not_carry_it(form: str) -> None:
    case = case_with_usage()
    case.consented()
    disputed(case)
    release, content = built(case, format=form, field_ids=("account.number", "usage.readings"))
    assert b"forged" not in content
    assert not release.package.built.file.name.endswith(".zip")


@pytest.mark.parametrize("form", ["csv", "jsonl", "greenbutton"])
def test_withdrawn_statement_goes_out_no_more(form: str) -> None:
    case = case_with_usage()
    case.consented()
    dispute, by = disputed(case)
    withdraw_disagreement(dispute=dispute, by=by)
    release, content = built(case, format=form)
    assert b"forged" not in content
    assert not release.package.built.file.name.endswith(".zip")


@pytest.mark.parametrize("form", ["csv", "jsonl", "greenbutton"])
def test_statement_about_an_account_goes_with_that_account_alone(form: str) -> None:
    case = case_with_usage()
    fields = (STREET, "usage.readings")
    second = AccountFactory.create(customer=case.customer)
    case.consented(field_ids=fields)
    disputed(case, STREET, account=second)
    release, content = built(case, format=form, field_ids=fields, account_ids=(case.account.pk,))
    assert b"forged" not in content
    assert not release.package.built.file.name.endswith(".zip")
