"""What is in a package, what is never in it, and who may fetch it how often."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, User
from accounts.services import revoke_agent, stop_recipient
from consent.services import narrow_consent
from disclosures.errors import DeliveryRefused, NotAllowedError, PackageNotReadyError
from disclosures.models import Delivery, Package, PackageFile, Release
from disclosures.services import build_package, deliver_package, release_disclosure
from energy.greenbutton.qualities import join_qualities
from ledger.actor import Actor
from ledger.models import Entry
from protection.clock import transaction_time
from protection.files import destroy_file, open_file
from tests.disclosures.factories import Case, basis, purpose
from tests.energy.factories import ReadingTypeFactory, UsagePointFactory, make_bill, make_day
from tests.energy.feeds import SHARED
from tests.factories import (
    AccountFactory,
    AgentAuthorizationFactory,
    MemberFactory,
    RecipientFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def case_with_usage() -> Case:
    """Return a case whose customer has readings within and beside March 2025, and two bills."""
    case = Case()
    meter = UsagePointFactory.create(account=case.account)
    for day in (date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 1)):
        make_day(meter, day)
    make_day(meter, date(2025, 3, 1), [-500] * 24, reading_type=ReadingTypeFactory.create(reverse=True))
    make_bill(case.account, date(2025, 3, 31))
    make_bill(case.account, date(2025, 6, 30))
    return case


def built(case: Case, **changes: Any) -> Release:
    """Return a release whose package has been built."""
    release = case.released(**changes)
    assert build_package(release=release).status == Package.Status.READY
    return Release.objects.get(pk=release.pk)


def content(release: Release) -> str:
    with open_file(release.package.built.file) as stream:
        return stream.read().decode()


def records(release: Release) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content(release).splitlines()]


def reader_of(case: Case) -> Actor:
    return Actor.of(UserFactory.create(role="recipient", recipient=case.recipient))


def test_a_package_holds_the_released_fields_and_days_and_nothing_else() -> None:
    case = case_with_usage()
    case.consented()
    found = records(built(case, format="jsonl"))
    (account,) = [record for record in found if record["record"] == "account"]
    assert account["customer_name"] == case.customer.name
    assert account["account_number"] == case.account.number
    assert set(account) == {"record", "subject", "account", "customer_name", "account_number"}
    readings = [record for record in found if record["record"] == "reading"]
    assert len(readings) == 3 * 24
    assert {record["start"][:10] for record in readings} == {"2025-03-01", "2025-03-31"}
    assert set(readings[0]) == {
        *("record", "subject", "account", "meter"),
        *("start", "seconds", "value", "unit", "direction"),
    }
    assert len(found) == 1 + len(readings)


def test_values_are_in_the_unit_they_name_and_given_energy_keeps_its_sign_and_direction() -> None:
    case = case_with_usage()
    case.consented()
    readings = [record for record in records(built(case, format="jsonl")) if record["record"] == "reading"]
    last_hour = (one for one in readings if one["start"] == "2025-03-01T23:00:00-08:00")
    first = next(one for one in last_hour if one["direction"] == "from_grid")
    assert (first["value"], first["unit"], first["seconds"]) == (0.023, "kWh", 3600)
    assert {one["value"] for one in readings if one["direction"] == "to_grid"} == {-0.5}


def test_usage_alone_goes_out_without_anything_that_names_the_customer() -> None:
    case = case_with_usage()
    case.consented(field_ids=("usage.readings",))
    text = content(built(case, format="jsonl"))
    identifying = (case.customer.name, case.account.number, case.account.service_street, str(case.customer.uuid))
    assert not any(value in text for value in identifying)


def test_bills_of_the_period_go_out_with_their_released_fields() -> None:
    case = case_with_usage()
    case.consented(field_ids=("bill.amount_due", "bill.period_end"), data_from=date(2025, 1, 1))
    asked = {"field_ids": ("bill.amount_due", "bill.period_end", "bill.line_items"), "data_from": date(2025, 2, 1)}
    (bill,) = records(built(case, format="jsonl", **asked))
    assert bill == {
        "record": "bill",
        "subject": 1,
        "account": 1,
        "bill_period_end": "2025-04-01T00:00:00-07:00",
        "bill_amount_due": 81.4,
    }


def test_csv_has_one_header_and_keeps_negative_numbers_and_formulas_apart() -> None:
    case = case_with_usage()
    case.customer.name = '=HYPERLINK("http://x.example")'
    case.customer.save()
    case.consented()
    rows = list(csv.DictReader(io.StringIO(content(built(case)))))
    assert rows[0]["customer_name"] == '\'=HYPERLINK("http://x.example")'
    assert {row["value"] for row in rows if row["direction"] == "to_grid"} == {"-0.5"}
    assert len(rows) == 1 + 3 * 24


def test_several_qualities_of_a_reading_are_separated_by_spaces() -> None:
    case = Case()
    meter = UsagePointFactory.create(account=case.account)
    make_day(meter, date(2025, 3, 1), qualities={0: join_qualities([8, 19]), 1: 8})
    fields = ("usage.readings", "usage.qualities")
    case.consented(field_ids=fields)
    found = records(built(case, format="jsonl", field_ids=fields))
    assert [record.get("quality") for record in found[:3]] == ["8 19", 8, None]
    rows = csv.DictReader(io.StringIO(content(built(case, field_ids=fields))))
    assert [row["quality"] for row in rows][:3] == ["8 19", "8", ""]


def test_only_the_consented_meters_go_out() -> None:
    case = case_with_usage()
    other = UsagePointFactory.create(account=case.account)
    make_day(other, date(2025, 3, 5))
    case.consented(field_ids=("usage.readings",), usage_point_ids=[other.pk])
    starts = {record["start"][:10] for record in records(built(case, format="jsonl"))}
    assert starts == {"2025-03-05"}


def test_another_account_of_the_customer_stays_out_unless_asked_for() -> None:
    case = case_with_usage()
    second = AccountFactory.create(customer=case.customer)
    case.consented(field_ids=("account.number",))
    release = built(case, format="jsonl", account_ids=(second.pk,))
    assert [record["account_number"] for record in records(release)] == [second.number]


def test_the_files_hash_is_in_the_ledger_before_anybody_fetches_it() -> None:
    case = case_with_usage()
    case.consented()
    file = built(case).package.built
    assert file.evidence_json["sha256"] == file.sha256 == file.file.sha256
    assert Entry.objects.get(pk=file.entry_id).kind == "package.built"
    assert file.file.retention_class == "export_files"


def test_building_twice_makes_one_file() -> None:
    case = case_with_usage()
    case.consented()
    release = built(case)
    build_package(release=release)
    assert PackageFile.objects.count() == 1


def test_nothing_is_put_together_after_a_withdrawal() -> None:
    case = case_with_usage()
    consent = case.consented()
    release = case.released()
    case.withdraw(consent)
    package = build_package(release=release)
    assert package.status == Package.Status.REFUSED
    assert "withdrawn" in package.problem
    assert not PackageFile.objects.exists()


def test_the_recipients_user_fetches_the_package_and_the_delivery_is_kept() -> None:
    case = case_with_usage()
    case.consented()
    release = built(case)
    by = reader_of(case)
    delivery = deliver_package(package=release.package, by=by)
    assert (delivery.outcome, delivery.user_id) == (Delivery.Outcome.DELIVERED, by.user_id)
    assert Entry.objects.get(pk=delivery.entry_id).kind == "delivery.made"


def _withdraw(case: Case, release: Release) -> None:
    case.withdraw(case.customer.consents.get())


def _narrow(case: Case, release: Release) -> None:
    narrow_consent(consent=case.customer.consents.get(), field_ids=["account.number"], by=case.by)


def _stop(case: Case, release: Release) -> None:
    stop_recipient(recipient=case.recipient, reason="Data was passed on", by=case.by)


def _end_agreement(case: Case, release: Release) -> None:
    case.recipient.agreements.update(valid_to=date(2020, 1, 1))


def _expire(case: Case, release: Release) -> None:
    Package.objects.update(expires_at=transaction_time() - timedelta(seconds=1))


def _use_up(case: Case, release: Release) -> None:
    Package.objects.update(downloads_max=0)


def _dispose(case: Case, release: Release) -> None:
    destroy_file(release.package.built.file)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_withdraw, "consent_ended"),
        (_narrow, "consent_narrowed"),
        (_stop, "recipient_stopped"),
        (_end_agreement, "agreement_missing"),
        (_expire, "package_expired"),
        (_use_up, "package_used_up"),
        (_dispose, "package_disposed"),
    ],
)
def test_every_download_is_checked_again_and_a_refusal_is_kept_with_its_reason(spoil: Any, code: str) -> None:
    case = case_with_usage()
    case.consented()
    release = built(case)
    spoil(case, release)
    with pytest.raises(DeliveryRefused) as refused:
        deliver_package(package=release.package, by=reader_of(case))
    delivery = Delivery.objects.get(pk=refused.value.delivery.pk)
    assert [condition["code"] for condition in delivery.conditions] == [code]
    assert Entry.objects.get(pk=delivery.entry_id).kind == "delivery.refused"


def _of_another_recipient(case: Case) -> User:
    return UserFactory.create(role="recipient", recipient=RecipientFactory.create())


@pytest.mark.parametrize("stranger", [_of_another_recipient, lambda case: case.clerk])
def test_nobody_but_the_recipients_users_fetches_a_package(stranger: Any) -> None:
    case = case_with_usage()
    case.consented()
    release = built(case)
    with pytest.raises(NotAllowedError):
        deliver_package(package=release.package, by=Actor.of(stranger(case)))


def test_a_package_that_is_not_built_cannot_be_fetched() -> None:
    case = case_with_usage()
    case.consented()
    with pytest.raises(PackageNotReadyError):
        deliver_package(package=case.released().package, by=reader_of(case))


def test_on_another_basis_no_consent_is_asked_for_at_the_download() -> None:
    case = case_with_usage()
    release = built(case, basis=basis("contractor_primary_purpose"), purpose=purpose("grid_operations"))
    assert deliver_package(package=release.package, by=reader_of(case))


def test_green_button_carries_the_same_readings_and_names_nobody_that_is_not_released() -> None:
    case = case_with_usage()
    case.consented(field_ids=("usage.readings", "bill.amount_due"))
    text = content(built(case, format="greenbutton", field_ids=("usage.readings", "bill.amount_due")))
    assert text.count("<IntervalReading>") == 3 * 24
    assert "<value>-500</value>" in text
    meter = case.account.usage_points.get()
    for identifying in (case.account.number, str(case.account.uuid), meter.identifier, meter.title, str(meter.uuid)):
        assert identifying not in text
    assert "UsageSummary>" not in text, "a bill without its date has no place in the schema"


def test_green_button_names_account_and_meter_and_bills_where_they_are_released() -> None:
    case = case_with_usage()
    fields = ("account.number", "usage.readings", "bill.amount_due", "bill.period_end", "bill.period_start")
    case.consented(field_ids=fields)
    text = content(built(case, format="greenbutton", field_ids=fields, data_from=date(2025, 2, 1)))
    assert f"Account {case.account.number}" in text
    assert text.count("<billLastPeriod>8140000</billLastPeriod>") == 1


def test_green_button_of_several_accounts_is_an_archive_of_valid_feeds(tmp_path: Path) -> None:
    case = case_with_usage()
    second = UsagePointFactory.create(account=AccountFactory.create(customer=case.customer))
    make_day(second, date(2025, 3, 9), [1] * 23)
    fields = ("usage.readings", "bill.amount_due", "bill.period_end")
    case.consented(field_ids=fields)
    release = built(case, format="greenbutton", field_ids=fields)
    assert (release.package.built.record_count, release.package.built.file.content_type) == (72 + 23, "application/zip")
    with open_file(release.package.built.file) as stream, zipfile.ZipFile(stream) as archive:
        assert archive.namelist() == ["account-000001.xml", "account-000002.xml"]
        archive.extractall(tmp_path)
    if not (SHARED / "validate.py").exists():
        pytest.skip("The ESPI schemas are not beside the project.")
    for feed in sorted(tmp_path.glob("*.xml")):
        checked = subprocess.run([sys.executable, SHARED / "validate.py", feed], capture_output=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_an_agent_whose_permission_ended_fetches_nothing_that_they_asked_for_before() -> None:
    case = case_with_usage()
    permission = AgentAuthorizationFactory.create(customer=case.customer)
    part, by = Member.Part.AGENT, Actor.of(permission.agent)
    MemberFactory.create(account=case.account, user=permission.agent, part=part, authorization=permission)
    own = case.request(basis=basis("own_request"), recipient=None, purpose=None)
    package = build_package(release=release_disclosure(request=own, by=by))
    assert deliver_package(package=package, by=by).outcome == Delivery.Outcome.DELIVERED
    revoke_agent(authorization=permission, by=by)
    with pytest.raises(NotAllowedError):
        deliver_package(package=package, by=by)
