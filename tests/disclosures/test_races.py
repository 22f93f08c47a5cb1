"""What happens between transactions that really commit: withdrawals, stops and submissions at the same moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from accounts.services import stop_recipient
from consent.services import withdraw_consent
from disclosures.errors import DeliveryRefused, ReleaseDenied
from disclosures.models import Delivery, Package, PackageFile, Release, ReleaseDenial, ReleaseLine
from disclosures.services import build_package, claim_packages, deliver_package, release_disclosure
from disclosures.snapshots import snapshot
from disclosures.tasks import build_release_package
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from tests.disclosures.api.requests import asked
from tests.disclosures.factories import Case
from tests.factories import UserFactory
from tests.machines import machine

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]
pytestmark = pytest.mark.usefixtures("committed_database")


def in_thread(work: Callable[[], object]) -> Thread:
    """Run work on a connection of its own, seeing the provider's rows."""

    def run() -> None:
        try:
            with provider_rows():
                work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def consented_case() -> Case:
    with provider_rows():
        case = Case()
        case.consented()
        return case


def outcome_of(case: Case, outcomes: list[str]) -> Callable[[], None]:
    """Return work that asks for a release and notes what became of it; a refusal is kept, so it must not escape."""

    def work() -> None:
        try:
            release_disclosure(request=case.request(), by=case.by)
            outcomes.append("released")
        except ReleaseDenied as refused:
            outcomes.append(refused.denial.conditions[0]["code"])

    return work


def test_a_withdrawal_waits_for_the_release_under_way_and_stops_the_next() -> None:
    case = consented_case()
    with provider_rows():
        consent = case.customer.consents.get()
        release_disclosure(request=case.request(), by=case.by)
        withdrawing = in_thread(lambda: withdraw_consent(consent=consent, by=case.by))
        withdrawing.join(timeout=0.5)
        assert withdrawing.is_alive()
    withdrawing.join(timeout=10)
    outcomes: list[str] = []
    in_thread(outcome_of(case, outcomes)).join(timeout=10)
    assert outcomes == ["consent_ended"]


def test_a_release_waits_for_the_withdrawal_under_way_and_is_refused() -> None:
    case = consented_case()
    outcomes: list[str] = []
    with provider_rows():
        withdraw_consent(consent=case.customer.consents.get(), by=case.by)
        releasing = in_thread(outcome_of(case, outcomes))
        releasing.join(timeout=0.5)
        assert releasing.is_alive()
    releasing.join(timeout=10)
    assert outcomes == ["consent_ended"]
    with provider_rows():
        assert not ReleaseLine.objects.exists()
        assert ReleaseDenial.objects.count() == 1


def test_a_release_waits_for_the_stop_under_way_and_is_refused() -> None:
    case = consented_case()
    outcomes: list[str] = []
    with provider_rows():
        stop_recipient(recipient=case.recipient, reason="Data was passed on", by=case.by)
        releasing = in_thread(outcome_of(case, outcomes))
        releasing.join(timeout=0.5)
        assert releasing.is_alive()
    releasing.join(timeout=10)
    assert outcomes == ["recipient_stopped"]


def test_a_line_past_the_gate_waits_for_the_withdrawal_and_is_refused_by_the_database(as_role: Connect) -> None:
    case = consented_case()
    with provider_rows():
        release = case.released()
        line = ReleaseLine.objects.get(release=release)
    failures: list[str] = []

    def forge() -> None:
        copied = "customer_id, consent_version_id, account_ids, usage_point_ids, field_ids, data_from, data_to, salt"
        with as_role("web") as web, web.transaction():
            web.execute("SELECT set_config('resguardo.scope', 'provider', true)")
            try:
                web.execute(
                    f"INSERT INTO disclosures_releaseline (entry_id, release_id, {copied})"  # noqa: S608
                    f" SELECT entry_id + 1000000, release_id, {copied} FROM disclosures_releaseline"
                )
            except psycopg.errors.CheckViolation as error:
                failures.append(str(error))
                raise psycopg.Rollback from None

    with provider_rows():
        withdraw_consent(consent=case.customer.consents.get(), by=case.by)
        forging = in_thread(forge)
        forging.join(timeout=0.5)
        assert forging.is_alive()
    forging.join(timeout=10)
    assert len(failures) == 1
    with provider_rows():
        assert list(ReleaseLine.objects.values_list("entry_id", flat=True)) == [line.entry_id]


def test_a_form_sent_twice_at_once_makes_one_release() -> None:
    case, token = consented_case(), uuid4()
    made: list[int] = []

    def send() -> None:
        made.append(release_disclosure(request=case.request(), by=case.by, request_uuid=token).pk)

    for thread in [in_thread(send), in_thread(send)]:
        thread.join(timeout=10)
    assert len(made) == 2
    assert made[0] == made[1]
    with provider_rows():
        assert Release.objects.count() == 1


def test_a_refusal_raised_within_a_request_is_kept_once_that_commits() -> None:
    with provider_rows():
        case = Case()
        with pytest.raises(ReleaseDenied):
            release_disclosure(request=case.request(), by=case.by)
    with provider_rows():
        assert ReleaseDenial.objects.count() == 1


def test_a_refusal_answered_by_the_api_is_kept() -> None:
    with provider_rows():
        case = Case()
        client = machine("releases:write")
    assert client.send("/api/v1/releases", asked(case)).status_code == 409
    with provider_rows():
        assert ReleaseDenial.objects.count() == 1


def test_two_workers_build_one_file_and_the_sweep_finds_what_was_left() -> None:
    case = consented_case()
    with provider_rows():
        release = case.released()
    assert claim_packages() == [release.pk]
    for thread in [Thread(target=_build, args=[release.pk]) for _ in range(2)]:
        thread.start()
        thread.join(timeout=20)
    assert claim_packages() == []
    with provider_rows():
        assert PackageFile.objects.count() == 1
        assert Package.objects.get().status == Package.Status.READY


def _build(release_id: int) -> None:
    try:
        build_release_package(release_id)
    finally:
        connection.close()


def test_the_last_download_allowed_is_given_to_one_of_two() -> None:
    case = consented_case()
    with provider_rows():
        release = case.released()
        reader = Actor.of(UserFactory.create(role="recipient", recipient=case.recipient))
    build_package(release=release)
    with provider_rows():
        package = release.package
        Package.objects.update(downloads_max=1)
    outcomes: list[str] = []

    def fetch() -> None:
        try:
            outcomes.append(deliver_package(package=package, by=reader).outcome)
        except DeliveryRefused as refused:
            outcomes.append(refused.delivery.outcome)

    for thread in [in_thread(fetch), in_thread(fetch)]:
        thread.join(timeout=10)
    assert sorted(outcomes) == ["delivered", "refused"]
    with provider_rows():
        assert Delivery.objects.count() == 2


def test_a_snapshot_sees_one_moment_and_writes_nothing() -> None:
    case = consented_case()
    with snapshot():
        before = Release.objects.count()
        in_thread(case.released).join(timeout=10)
        assert Release.objects.count() == before
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            assert cursor.fetchone() == ("on",)
    with provider_rows():
        assert Release.objects.count() == before + 1
