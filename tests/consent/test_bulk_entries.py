"""Many consents at once: a table is checked, and only what is clean is recorded, once."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from accounts.errors import NotAllowedError
from accounts.models import Account
from consent.errors import BulkOverError
from consent.models import BulkEntry, Consent, ConsentVersion, Receipt
from consent.services import (
    claim_bulk_entries,
    discard_bulk_entry,
    order_bulk_entry,
    send_bulk_entry,
    withdraw_consent,
    work_bulk_entry,
)
from ledger.actor import Actor
from ledger.models import Entry
from ledger.services import commitment_of
from protection.clock import provider_today, transaction_time
from protection.files import open_file
from protection.rowsecurity import provider_rows
from tests.conftest import ActAs, Connect
from tests.consent.bulk import a_paper, a_row, a_scan, a_table, a_zip, sent
from tests.consent.factories import granted, staff_with
from tests.factories import AccountFactory, RecipientFactory, UserFactory

PROJECT = Path(__file__).resolve().parents[2]


def checked(*rows: dict[str, str], **more: object) -> BulkEntry:
    """Send a table and have it checked."""
    entry = sent(*rows, **more)  # type: ignore[arg-type]
    work_bulk_entry(entry_id=entry.pk)
    entry.refresh_from_db()
    return entry


def recorded(entry: BulkEntry, *, takes_clean_rows: bool = False) -> BulkEntry:
    """Order a checked table as who sent it, and have it recorded."""
    order_bulk_entry(entry=entry, takes_clean_rows=takes_clean_rows, by=Actor.of(entry.created_by))
    work_bulk_entry(entry_id=entry.pk)
    entry.refresh_from_db()
    return entry


def found(entry: BulkEntry) -> list[tuple[int, str]]:
    return list(entry.findings.order_by("line", "column").values_list("line", "column"))


@pytest.mark.django_db
def test_a_clean_table_is_checked_without_writing_and_then_recorded_whole() -> None:
    accounts = AccountFactory.create_batch(3)
    recipient = RecipientFactory.create()
    entry = checked(*(a_row(account, recipient) for account in accounts))
    assert (entry.status, entry.row_count, entry.clean_count) == ("checked", 3, 3)
    assert not Consent.objects.exists()
    done = recorded(entry)
    assert (done.status, done.recorded_count) == ("finished", 3)
    assert {consent.customer_id for consent in Consent.objects.all()} == {one.customer_id for one in accounts}


@pytest.mark.django_db
def test_a_row_leaves_what_a_grant_leaves() -> None:
    account = AccountFactory.create()
    entry = recorded(checked(a_row(account, data_last="2025-12-31", project="Roof 12")))
    version = ConsentVersion.objects.get()
    head = Consent.objects.with_state(provider_today()).get()
    assert (head.current_version, head.scope_version, head.version_count) == (version, version, 1)
    assert (head.state, head.project, version.number) == ("active", "Roof 12", 1)  # type: ignore[attr-defined]
    assert (version.recorded_by, version.actor_kind) == (entry.created_by, "staff")
    assert str(version.data_to) == "2026-01-01"
    ledger = Entry.objects.get(pk=version.entry_id)
    assert (ledger.kind, bytes(ledger.subject_tag)) == ("consent.granted", bytes(account.customer.tag))
    assert bytes(ledger.commitment) == commitment_of(bytes(version.salt), bytes(version.evidence))
    evidence = version.evidence_json
    assert evidence["consent"] == str(head.uuid)
    assert evidence["scope"]["field_ids"] == ["account.number", "usage.readings"]
    assert version.served_notice is not None
    assert version.served_notice.served_to == "Alex Sample"
    document = Receipt.objects.get(version=version).document
    assert document["payload"]["ledger"]["entry"] == version.entry_id
    assert document["payload"]["dpv:hasRecordOfActivity"]["dct:hasVersion"] == str(version.uuid)


@pytest.mark.django_db
def test_papers_are_recorded_with_their_own_scans() -> None:
    first, second = AccountFactory.create_batch(2)
    scans = a_zip(a_png=a_scan(250), b_png=a_scan(200))
    done = recorded(checked(a_paper(first, "a.png"), a_paper(second, "b.png"), scans=scans))
    assert done.recorded_count == 2, found(done)
    one, other = ConsentVersion.objects.order_by("customer_id")
    assert one.evidence_file is not None
    assert other.evidence_file is not None
    assert one.scan_sha256 != other.scan_sha256
    with open_file(one.evidence_file) as stream:
        assert stream.read(4) == b"\x89PNG"
    assert one.verification is not None
    assert one.verification["name"]["matches"] is one.verification["address"]["matches"] is True
    done.scans.refresh_from_db()  # type: ignore[union-attr]
    assert done.scans.destroyed_at is not None  # type: ignore[union-attr]


MISTAKES = [
    ({"account": "nonsense"}, "account"),
    ({"recipient": "Nobody"}, "recipient"),
    ({"purpose": "billing"}, "purpose"),
    ({"fields": ""}, "fields"),
    ({"fields": "customer.tax_id"}, "fields"),
    ({"meters": "UsagePoint/7"}, "meters"),
    ({"data_from": "01/02/2024"}, "data_from"),
    ({"data_from": ""}, "data_from"),
    ({"data_from": "2024-02-30"}, "data_from"),
    ({"data_last": "2023-12-31"}, "data_last"),
    ({"permission_last": "2020-01-01"}, "permission_last"),
    ({"method": "portal"}, "method"),
    ({"signed_on": ""}, "signed_on"),
    ({"signed_on": "2199-01-01"}, "signed_on"),
    ({"signer_name": ""}, "signer_name"),
    ({"signer_name": "Alba \u202eelpmaxE"}, "signer_name"),
    ({"form_number": "99"}, "form_number"),
    ({"form_language": "fr"}, "form_number"),
    ({"evidence": "missing.png"}, "evidence"),
    ({"method": "paper", "service_address": "1 Some Street"}, "evidence"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("changes", "column"), MISTAKES)
def test_each_mistake_is_named_by_line_and_column_and_nothing_is_recorded(changes: dict[str, str], column: str) -> None:
    entry = checked(a_row(), a_row() | changes)
    assert (entry.status, entry.clean_count) == ("checked", 1)
    assert (3, column) in found(entry)
    with pytest.raises(BulkOverError):
        order_bulk_entry(entry=entry, takes_clean_rows=False, by=Actor.of(entry.created_by))
    assert not Consent.objects.exists()


@pytest.mark.django_db
def test_the_clean_rows_are_recorded_where_the_clerk_says_so() -> None:
    good = AccountFactory.create()
    done = recorded(checked(a_row(good), a_row(purpose="billing")), takes_clean_rows=True)
    assert (done.status, done.recorded_count, done.row_count) == ("finished", 1, 2)
    assert Consent.objects.get().customer == good.customer


@pytest.mark.django_db
def test_a_running_consent_and_a_scan_recorded_before_need_a_yes() -> None:
    running = granted()
    account = AccountFactory.create(customer=running.customer)
    row = a_row(account, running.recipient)
    assert found(checked(row)) == [(2, "confirmed")]
    assert found(checked(row | {"confirmed": "yes"})) == []
    withdraw_consent(consent=running, by=Actor.of(staff_with(running.customer)))
    assert found(checked(row)) == []
    one, other = AccountFactory.create_batch(2)
    recorded(checked(a_paper(one, "a.png"), scans=a_zip(a_png=a_scan())))
    again = a_paper(other, "b.png")
    assert found(checked(again, scans=a_zip(b_png=a_scan()))) == [(2, "confirmed")]
    assert found(checked(again | {"confirmed": "yes"}, scans=a_zip(b_png=a_scan()))) == []


@pytest.mark.django_db
def test_two_rows_for_the_same_are_one_too_many_and_a_scan_that_no_row_names_is_said() -> None:
    row = a_row()
    assert found(checked(row, row | {"confirmed": "yes"})) == [(3, "account")]
    assert found(checked(row, scans=a_zip(b_png=a_scan()))) == [(0, "evidence")]


@pytest.mark.django_db
def test_what_changed_after_the_check_is_found_before_anything_is_recorded() -> None:
    recipient = RecipientFactory.create()
    entry = checked(a_row(recipient=recipient), a_row())
    order_bulk_entry(entry=entry, takes_clean_rows=False, by=Actor.of(entry.created_by))
    recipient.stopped_at, recipient.stopped_by = transaction_time(), entry.created_by
    recipient.save()
    work_bulk_entry(entry_id=entry.pk)
    entry.refresh_from_db()
    assert (entry.status, entry.clean_count, found(entry)) == ("checked", 1, [(2, "recipient")])
    assert not Consent.objects.exists()


@pytest.mark.django_db
def test_the_same_form_sent_twice_makes_one_entry_and_recording_twice_records_once() -> None:
    clerk, uuid = UserFactory.create(staff=True, bound=True), uuid4()
    row = a_row()
    first, again = sent(row, by=clerk, uuid=uuid), sent(row, by=clerk, uuid=uuid)
    assert first == again
    work_bulk_entry(entry_id=first.pk)
    first.refresh_from_db()
    done = recorded(first)
    work_bulk_entry(entry_id=done.pk)
    assert ConsentVersion.objects.count() == 1
    with pytest.raises(BulkOverError):
        order_bulk_entry(entry=done, takes_clean_rows=False, by=Actor.of(clerk))


@pytest.mark.django_db
def test_only_bound_people_of_the_desk_send_order_and_discard() -> None:
    entry = checked(a_row())
    for who in (UserFactory.create(staff=True), UserFactory.create(auditor=True, bound=True), UserFactory.create()):
        with pytest.raises(NotAllowedError):
            send_bulk_entry(table=a_table(a_row()), scans=None, language="en", by=Actor.of(who))
        with pytest.raises(NotAllowedError):
            order_bulk_entry(entry=entry, takes_clean_rows=False, by=Actor.of(who))
        with pytest.raises(NotAllowedError):
            discard_bulk_entry(entry=entry, by=Actor.of(who))
    done = discard_bulk_entry(entry=entry, by=Actor.of(entry.created_by))
    assert (done.status, done.table.destroyed_at is not None) == ("discarded", True)


@pytest.mark.django_db
def test_bulk_rows_obey_the_triggers_of_the_database() -> None:
    recorded(checked(a_row()))
    version = ConsentVersion.objects.get()
    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE consent_consentversion SET scan_sha256 = 'x' WHERE id = %s", [version.pk])


def wait_for(condition: object) -> None:
    until = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "nothing happened for a minute"
        time.sleep(0.05)


def test_a_worker_killed_while_recording_leaves_nothing_and_the_sweep_finishes_it(
    committed_database: str, as_role: Connect, acting_as: ActAs
) -> None:
    with provider_rows():
        account: Account = AccountFactory.create()
        known = granted(customer=account.customer)
        entry = sent(a_row(), a_row(account, known.recipient, confirmed="yes"))
    work_bulk_entry(entry_id=entry.pk)
    with provider_rows():
        entry = BulkEntry.objects.select_related("created_by").get(pk=entry.pk)
        order_bulk_entry(entry=entry, takes_clean_rows=False, by=Actor.of(entry.created_by))
        before = ConsentVersion.objects.count()
    program = f"import django; django.setup(); from consent.tasks import run_bulk_entry; run_bulk_entry({entry.pk})"
    environment = {**os.environ, "RESGUARDO_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with as_role("web") as blocker, blocker.transaction():
        # Whoever appends to the known head waits for this lock: the worker has written the other rows by then.
        blocker.execute("SET LOCAL resguardo.scope = 'provider'")
        blocker.execute("SELECT consent_lock(%s, %s, %s)", [known.recipient_id, known.purpose_id, [known.customer_id]])
        with subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=PROJECT) as worker:
            wait_for(_waits_for_a_lock)
            assert claim_bulk_entries() == []
            worker.send_signal(signal.SIGKILL)
    with provider_rows():
        assert ConsentVersion.objects.count() == before
        past = transaction_time() - timedelta(minutes=5)
    wait_for(lambda: _age(entry, past) and claim_bulk_entries() == [entry.pk])
    with acting_as("worker"):
        work_bulk_entry(entry_id=entry.pk)
        work_bulk_entry(entry_id=entry.pk)
    with provider_rows():
        entry.refresh_from_db()
        assert (entry.status, entry.recorded_count, entry.attempts) == ("finished", 2, 2)
        assert ConsentVersion.objects.count() == before + 2


def _age(entry: BulkEntry, past: object) -> bool:
    with provider_rows():
        return BulkEntry.objects.filter(pk=entry.pk).update(started_at=past) == 1


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_form_of_a_minor_is_recorded_by_itself() -> None:
    account = AccountFactory.create(customer__birth_date=provider_today() - timedelta(days=4000))
    assert found(checked(a_row(account))) == [(2, "account")]
