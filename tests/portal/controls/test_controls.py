"""Each control finds what was planted past every rule of the database, and nothing where all is well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import psycopg
import pytest
from django.db import ProgrammingError, transaction
from pytest_django.fixtures import Settings

from disclosures.models import Delivery
from disclosures.services import build_package, deliver_package
from ledger.actor import Actor
from portal import databases
from portal.controls.catalogue import CONTROLS
from portal.controls.running import run_controls
from portal.models import ControlRun
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from retention.models import Incident
from retention.services import place_hold
from rights.services import file_request
from tests.disclosures.factories import Case
from tests.factories import AccountFactory, MemberFactory, UserFactory
from tests.retention.factories import committed_household

Plant = Callable[..., None]
LONG_AGO = date(2019, 5, 5)


@dataclass(frozen=True)
class World:
    """One lawful act of each kind that a control looks at, committed; `plant` runs a statement past every rule."""

    case: Case
    plant: Plant
    database: psycopg.Connection


@pytest.fixture
def world(committed_database: str) -> Iterator[World]:
    with provider_rows():
        case = Case(account=AccountFactory.create(customer_class="residential"))
        case.consented()
        release = case.released()
        member = MemberFactory.create(account=case.account)
        file_request(customer=case.customer, kind="inquiry", text="Who are they?", by=Actor.of(member.user))
        place_hold(
            account=case.account,
            retention_classes=["readings"],
            reason="A case before the court",
            citation="Case 26-1",
            review_on=provider_today() + timedelta(days=30),
            by=case.by,
        )
        receiver = UserFactory.create(role="recipient", recipient=case.recipient)
    build_package(release=release)
    with provider_rows():
        release.refresh_from_db()
        deliver_package(package=release.package, by=Actor.of(receiver))
        assert Delivery.objects.get().outcome == Delivery.Outcome.DELIVERED
    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as connection:

        def plant(table: str, statement: str, *values: object) -> None:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            changed = connection.execute(statement, values or None).rowcount  # type: ignore[arg-type]
            assert changed, "nothing was planted"

        yield World(case, plant, connection)


def found(code: str) -> int:
    """Return what a control counts, which is as many as it tells."""
    with provider_rows():
        count, told = CONTROLS[code].count(), CONTROLS[code].findings(100)
        assert len(told) == count
        assert all(finding.what for finding in told)
        return count


@pytest.mark.parametrize("code", CONTROLS)
def test_a_control_finds_nothing_where_all_is_well(code: str, world: World) -> None:
    assert found(code) == 0


LINE, VERSION = "disclosures_releaseline", "consent_consentversion"


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        (LINE, "UPDATE disclosures_releaseline SET consent_version_id = NULL"),
        (LINE, "UPDATE disclosures_releaseline SET field_ids = field_ids || '{customer.tax_id}'"),
        (LINE, "UPDATE disclosures_releaseline SET data_from = '2001-01-01'"),
        (VERSION, "UPDATE consent_consentversion SET permission_to = '2020-01-01', permission_from = '2019-01-01'"),
        (VERSION, "UPDATE consent_consentversion SET permission_from = '2099-01-01'"),
        (VERSION, "UPDATE consent_consentversion SET data_to = '2024-02-01'"),
        (VERSION, "UPDATE consent_consentversion SET kind = 'expire'"),
        (VERSION, "UPDATE consent_consentversion SET entry_id = entry_id + 1000000"),
        (VERSION, "UPDATE consent_consentversion SET purpose_id = purpose_id + 1"),
    ],
)  # fmt: skip
def test_a_disclosure_without_a_consent_live_on_its_day_is_found(table: str, statement: str, world: World) -> None:
    world.database.execute("ALTER TABLE consent_consentversion DISABLE TRIGGER ALL")
    for check in _checks(world.database, VERSION):
        world.database.execute(f"ALTER TABLE {VERSION} DROP CONSTRAINT {check}")  # type: ignore[arg-type]
    world.plant(table, statement)
    assert found("disclosures_without_consent") == 1


def _checks(database: psycopg.Connection, table: str) -> list[str]:
    rows = database.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table]
    )
    return [name for (name,) in rows]


def test_a_release_after_the_withdrawal_is_found_and_one_before_it_is_not(world: World) -> None:
    with provider_rows():
        consent = world.case.customer.consents.get()
        world.case.withdraw(consent)
    assert found("disclosures_without_consent") == 0
    world.plant(LINE, "UPDATE disclosures_releaseline SET entry_id = entry_id + 1000000")
    assert found("disclosures_without_consent") == 1


def test_a_withdrawal_that_began_earlier_but_waited_for_the_release_is_no_fault(world: World) -> None:
    with provider_rows():
        world.case.withdraw(world.case.customer.consents.get())
    world.plant(VERSION, "UPDATE consent_consentversion SET created_at = created_at - interval '1 h' WHERE number = 2")
    assert found("disclosures_without_consent") == 0


def test_a_release_and_a_delivery_under_a_lapsed_agreement_are_found(world: World) -> None:
    world.plant("accounts_recipientagreement", "UPDATE accounts_recipientagreement SET valid_to = '2020-01-01'")
    assert found("releases_without_agreement") == 1
    assert found("deliveries_without_agreement") == 1


def test_a_delivery_after_the_agreement_ended_is_found_though_the_release_was_lawful(world: World) -> None:
    today = provider_today()
    world.plant(
        "accounts_recipientagreement",
        "UPDATE accounts_recipientagreement SET valid_to = %s",
        today + timedelta(days=1),
    )
    assert found("deliveries_without_agreement") == 0
    world.plant("disclosures_delivery", "UPDATE disclosures_delivery SET created_at = created_at + interval '2 days'")
    assert found("releases_without_agreement") == 0
    assert found("deliveries_without_agreement") == 1


def test_a_look_without_a_reason_is_found(world: World) -> None:
    world.plant("accounts_customeropening", "UPDATE accounts_customeropening SET reason = '   short   '")
    assert found("looks_without_right") == 1


def test_a_look_without_an_agreement_on_that_day_is_found(world: World) -> None:
    world.plant(
        "accounts_confidentialityagreement", "UPDATE accounts_confidentialityagreement SET valid_to = '2020-01-01'"
    )
    assert found("looks_without_right") == 1


def test_a_reminder_that_never_went_out_is_found(world: World) -> None:
    world.plant(
        VERSION,
        "UPDATE consent_consentversion SET created_at = created_at - interval '400 days',"
        " permission_from = permission_from - 400",
    )
    assert found("reminders_overdue") == 1


def test_a_hold_that_nobody_looked_at_again_is_found(world: World) -> None:
    statement = "UPDATE retention_legalhold SET review_on = %s WHERE review_on IS NOT NULL"
    world.plant("retention_legalhold", statement, provider_today())
    assert found("reviews_overdue") == 0
    world.plant("retention_legalhold", statement, provider_today() - timedelta(days=1))
    assert found("reviews_overdue") == 1


def test_a_request_past_its_day_is_found(world: World) -> None:
    statement = "UPDATE rights_rightsrequest SET due_on = %s"
    world.plant("rights_rightsrequest", statement, provider_today())
    assert found("answers_overdue") == 0
    world.plant("rights_rightsrequest", statement, provider_today() - timedelta(days=1))
    assert found("answers_overdue") == 1


def test_a_class_past_its_time_is_found(world: World, settings: Settings) -> None:
    committed_household([LONG_AGO])
    assert found("purges_late") == 1
    settings.PAST_DUE_DAYS = 20_000
    assert found("purges_late") == 0


def test_entries_that_wait_too_long_for_a_checkpoint_are_found(world: World) -> None:
    statement = "UPDATE ledger_entry SET created_at = created_at - interval '1 hour' WHERE kind = 'release.made'"
    world.plant("ledger_entry", statement)
    assert found("entries_unsealed") == 1


def test_a_run_raises_an_incident_and_the_next_clean_run_ends_it(world: World) -> None:
    assert set(run_controls().values()) == {0}
    with provider_rows():
        assert not Incident.objects.exists()
    world.plant("accounts_customeropening", "UPDATE accounts_customeropening SET reason = 'short'")
    for _night in range(2):
        run_controls()
    with provider_rows():
        incident = Incident.objects.get()
        assert (incident.kind, incident.subject) == ("control_failed", "looks_without_right")
        assert incident.resolved_at is None
    world.plant("accounts_customeropening", "UPDATE accounts_customeropening SET reason = 'Long enough now'")
    run_controls()
    with provider_rows():
        incident.refresh_from_db()
        assert incident.resolved_at is not None
        kept = ControlRun.objects.filter(code="looks_without_right").order_by("pk")
        assert list(kept.values_list("found", flat=True)) == [0, 1, 1, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["update", "delete"])
def test_nobody_changes_what_a_control_counted(change: str) -> None:
    run = ControlRun.objects.create(code="purges_late", found=3)
    rows = ControlRun.objects.filter(pk=run.pk)
    with pytest.raises(ProgrammingError), transaction.atomic():
        rows.update(found=0) if change == "update" else rows.delete()
