"""From something that stops to a mail, and from its return to another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from accounts.models import CustomerOpening
from disclosures.approvals import REVIEW_WITHIN
from disclosures.services import reject_disclosure
from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from portal import databases
from portal.tasks import sign_of_beat
from portal.watch.conditions import STALLED_AFTER, UNSEALED_AFTER, Condition, conditions
from portal.watch.figures import read_figures
from portal.watch.watching import keep_watch
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from retention.models import Incident, RunOrder
from retention.selectors import due_before
from retention.services import begin_purge, place_hold, raise_alert, resolve_alert
from tests.conftest import ActAs
from tests.disclosures.factories import REQUESTER, Case, basis, purpose
from tests.factories import CustomerFactory, RecipientFactory, UserFactory
from tests.portal.watch.factories import AWAKE, all_alive, silence
from tests.portal.watch.mail_server import REFUSED
from tests.retention.factories import OPERATOR, committed_household, household

OLD_DAY = date(2019, 5, 5)


@pytest.fixture
def administrator(db: None) -> str:
    """An administrator's address, in an installation where everything lives."""
    address: str = UserFactory.create(administrator=True).email
    all_alive()
    return address


def open_kinds() -> list[str]:
    return list(Incident.objects.open().order_by("kind").values_list("kind", flat=True))


def test_nothing_is_said_while_everything_works(administrator: str) -> None:
    assert keep_watch(awake=AWAKE) == 0
    assert mail.outbox == []


def test_beat_stops_and_comes_back(administrator: str) -> None:
    silence("beat")
    for _look in range(3):
        keep_watch(awake=AWAKE)
    assert open_kinds() == ["schedule_stopped"]
    (told,) = mail.outbox
    assert (told.subject, told.to) == ("Alert: Scheduled work does not run", [administrator])
    assert "The last sign of life was at" in told.body
    assert "See that beat runs" in told.body
    assert "/system/" in told.body

    sign_of_beat()
    for _look in range(3):
        keep_watch(awake=AWAKE)
    assert open_kinds() == []
    assert [message.subject for message in mail.outbox[1:]] == ["Over: Scheduled work does not run"]


@pytest.mark.parametrize(("process", "kind"), [("worker", "worker_silent"), ("purge", "purge_silent")])
def test_a_silent_worker_is_noticed(administrator: str, process: str, kind: str) -> None:
    silence(process)
    keep_watch(awake=AWAKE)
    assert open_kinds() == [kind]


def test_a_process_that_has_just_started_judges_nobodys_silence(administrator: str) -> None:
    silence("beat")
    keep_watch(awake=timedelta(minutes=1))
    assert open_kinds() == []
    keep_watch(awake=AWAKE)
    keep_watch(awake=timedelta(minutes=1))
    assert open_kinds() == ["schedule_stopped"]


def test_many_who_look_at_once_tell_once(committed_database: str) -> None:
    with provider_rows():
        UserFactory.create(administrator=True)
    all_alive()
    silence("beat")

    def look(number: int) -> None:
        try:
            keep_watch(awake=AWAKE)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(8)))
    assert len(mail.outbox) == Incident.objects.count() == 1


def test_who_looks_for_the_web_leaves_the_telling_to_others_first(administrator: str) -> None:
    silence("beat")
    keep_watch(awake=AWAKE, tell_after=timedelta(minutes=3))
    assert (open_kinds(), mail.outbox) == (["schedule_stopped"], [])
    keep_watch(awake=AWAKE)
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_is_tried_again(administrator: str, settings: Settings) -> None:
    silence("beat")
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    keep_watch(awake=AWAKE)
    assert Incident.objects.get().told_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    keep_watch(awake=AWAKE)
    assert len(mail.outbox) == 1


def test_a_refused_address_keeps_nobody_else_from_it_and_has_nobody_told_twice(
    administrator: str, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "tests.portal.watch.mail_server.RefusingBackend"
    settings.ALERT_EMAIL = "duty@provider.example"
    UserFactory.create(administrator=True, email=REFUSED)
    silence("beat")
    keep_watch(awake=AWAKE)
    keep_watch(awake=AWAKE)
    assert sorted(message.to[0] for message in mail.outbox) == sorted([administrator, "duty@provider.example"])


def test_what_was_over_before_anybody_was_told_is_not_mentioned(administrator: str) -> None:
    raise_alert(kind="run_faulty", subject="x", text="A purge stopped.")
    resolve_alert(kind="run_faulty", subject="x")
    keep_watch(awake=AWAKE)
    assert mail.outbox == []


def test_the_address_from_the_settings_is_told_too(administrator: str, settings: Settings) -> None:
    settings.ALERT_EMAIL = "duty@provider.example"
    silence("beat")
    keep_watch(awake=AWAKE)
    assert {tuple(message.to) for message in mail.outbox} == {(administrator,), ("duty@provider.example",)}


def test_a_missing_guard_is_noticed(committed_database: str) -> None:
    with replace(databases.administrator(), database=committed_database).connect(autocommit=True) as superuser:
        superuser.execute("ALTER TABLE accounts_customer DISABLE ROW LEVEL SECURITY")
    keep_watch(awake=timedelta())
    (incident,) = Incident.objects.open()
    assert (incident.kind, "accounts_customer: row security is not enabled" in incident.text) == ("guard_missing", True)


@pytest.mark.django_db
def test_who_may_not_sign_in_is_not_told() -> None:
    UserFactory.create(administrator=True, is_active=False)
    UserFactory.create(staff=True)
    all_alive()
    silence("beat")
    keep_watch(awake=AWAKE)
    assert mail.outbox == []


def test_what_another_package_raised_is_told_and_left_to_it(administrator: str) -> None:
    raise_alert(kind="item_given_up", subject="energy_bill_y2019m05", text="A step was given up.")
    keep_watch(awake=AWAKE)
    keep_watch(awake=AWAKE)
    assert open_kinds() == ["item_given_up"]
    assert len(mail.outbox) == 1


def test_a_class_that_is_later_than_allowed_is_noticed_until_it_is_not(administrator: str, settings: Settings) -> None:
    household([OLD_DAY])
    keep_watch(awake=AWAKE)
    assert Incident.objects.open().get(kind="class_past_due").subject == "readings"
    settings.PAST_DUE_DAYS = 20_000
    keep_watch(awake=AWAKE)
    assert "class_past_due" not in open_kinds()


@pytest.mark.django_db
def test_days_past_due_are_counted_from_the_month_of_the_oldest_row() -> None:
    household([OLD_DAY])
    figures = read_figures()
    before = due_before("readings", provider_today())
    assert before is not None
    assert figures.past_due["readings"] == (before - OLD_DAY.replace(day=1)).days
    assert figures.past_due["bills"] == 0


@pytest.mark.django_db
def test_rows_inside_their_period_are_not_past_due() -> None:
    household([provider_today() - timedelta(days=400)])
    assert set(read_figures().past_due.values()) == {0}


@pytest.mark.django_db
def test_no_figure_is_read_for_long(django_assert_max_num_queries: Callable[..., object]) -> None:
    place_hold(all_subjects=True, reason="A lawsuit", citation="Case 1", by=OPERATOR)
    read_figures()
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        read_figures()


@pytest.mark.django_db
def test_a_ledger_that_nobody_seals_is_noticed() -> None:
    record(kind="test.done", subject_tag=PROVIDER_TAG, evidence={})
    figures = read_figures()
    assert not found("ledger_unsealed")
    assert found("ledger_unsealed", later=UNSEALED_AFTER + timedelta(minutes=1))
    assert figures.waiting["ledger_entries"] >= 1


@pytest.mark.django_db
def test_months_that_run_out_are_noticed() -> None:
    assert {one.subject for one in found("months_missing", later=timedelta(days=900))} == set(
        read_figures().last_months
    )


@pytest.mark.django_db
def test_a_run_that_stands_still_is_noticed() -> None:
    household([OLD_DAY])
    run = begin_purge(by=OPERATOR)
    assert not found("run_stalled")
    (condition,) = found("run_stalled", later=STALLED_AFTER + timedelta(minutes=1))
    assert condition.subject == str(run.uuid)


@pytest.mark.django_db
def test_an_emergency_that_nobody_reviews_in_time_or_that_was_unjustified_is_noticed() -> None:
    case = Case(recipient=RecipientFactory.create(kind="emergency_service"))
    release = case.released(
        basis=basis("emergency"), purpose=purpose("legal_obligation"), field_ids=("customer.name",), requester=REQUESTER
    )
    assert release.proposal is not None
    assert not found("review_overdue")
    (condition,) = found("review_overdue", later=REVIEW_WITHIN + timedelta(minutes=1))
    assert condition.subject == str(release.proposal.uuid)
    second = Actor.of(UserFactory.create(staff=True, bound=True))
    reject_disclosure(proposal=release.proposal, by=second, reason="Nobody was in danger that day")
    assert not found("review_overdue", later=REVIEW_WITHIN + timedelta(minutes=1))
    (condition,) = found("emergency_unjustified")
    assert "Nobody was in danger" in condition.text


def test_a_run_at_a_long_step_does_not_stand_still(committed_database: str, acting_as: ActAs) -> None:
    committed_household([OLD_DAY])
    run = begin_purge(by=OPERATOR)
    with acting_as("purge"):
        run.items.update(claimed_until=Now() + STALLED_AFTER)
    assert not found("run_stalled", later=STALLED_AFTER + timedelta(minutes=1))


@pytest.mark.django_db
def test_a_run_that_was_let_go_on_does_not_stand_still() -> None:
    household([OLD_DAY])
    run = begin_purge(by=OPERATOR)
    for kind in RunOrder.Kind.values:
        RunOrder.objects.create(
            run=run,
            kind=kind,
            given_at=Now() + STALLED_AFTER,
            given_by_name=OPERATOR.name,
            reason="Readers waited",
            **record(kind="test.ordered", subject_tag=PROVIDER_TAG, evidence={}).columns(),
        )
    assert not found("run_stalled", later=STALLED_AFTER + timedelta(minutes=1))


@pytest.mark.django_db
def test_what_a_hold_keeps_is_not_past_due() -> None:
    """Of a table of rows, whose oldest is looked for among what nothing holds."""
    customer = CustomerFactory.create()
    long_ago = datetime(2015, 3, 2, tzinfo=UTC)
    CustomerOpening.objects.create(
        customer=customer,
        user=UserFactory.create(staff=True),
        reason="A call",
        created_at=long_ago,
        expires_at=Now(),
        **record(kind="test.opened", subject_tag=PROVIDER_TAG, evidence={}).columns(),
    )
    assert read_figures().past_due["access_log"] not in {0, None}
    place_hold(customer=customer, reason="A lawsuit", citation="Case 1", by=OPERATOR, retention_classes=["access_log"])
    cache.clear()
    assert read_figures().past_due["access_log"] == 0


def found(kind: str, *, later: timedelta = timedelta()) -> list[Condition]:
    """Return what would be noticed of a kind that much later."""
    figures = read_figures()
    return [one for one in conditions(replace(figures, now=figures.now + later), awake_for=AWAKE) if one.kind == kind]
