"""A hold placed while a purge runs wins for everything not yet dropped: no interleaving loses a row it covers."""

import random
import threading
import time
from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from django.db import connection

from energy.models import DayReading
from ledger.actor import Actor
from protection.rowsecurity import provider_rows
from retention.models import HeldDayReading, LegalHold, PurgeItem, PurgeRun
from retention.services import begin_purge, place_hold, run_purge
from tests.conftest import ActAs, Connect
from tests.energy.factories import make_day
from tests.retention.factories import AS_OF, OPERATOR, Household, committed_household, release_hold

MONTHS = [date(2019, month, 15) for month in range(1, 13)]
ROUNDS = 12


def in_thread(work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    """Start work in a thread whose connection is already open, under the role that is acted as now."""
    faults: list[BaseException] = []
    is_connected = threading.Event()

    def run() -> None:
        try:
            connection.ensure_connection()
            is_connected.set()
            work()
        except BaseException as error:
            faults.append(error)
        finally:
            is_connected.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    is_connected.wait()
    return thread, faults


def kept_days(home: Household, model: type[DayReading] | type[HeldDayReading]) -> set[date]:
    with provider_rows():
        return set(model.objects.filter(account=home.account).values_list("day", flat=True))


def test_every_row_left_when_a_hold_is_placed_is_kept(committed_database: str, acting_as: ActAs) -> None:
    """Twelve months are dropped one after another; the hold comes at a random moment of that, again and again."""
    dice = random.Random(7)
    seen_both = 0
    home = committed_household()
    for number in range(ROUNDS):
        with provider_rows():
            for day in MONTHS:
                make_day(home.meter, day)
        pause = dice.uniform(0, 0.9)
        found: dict[str, set[date]] = {}

        def place(pause: float = pause, number: int = number, found: dict[str, set[date]] = found) -> None:
            time.sleep(pause)
            with provider_rows():
                place_hold(account=home.account, reason="A race", citation=f"Case {number}", by=OPERATOR)
                found["left"] = set(DayReading.objects.filter(account=home.account).values_list("day", flat=True))

        with acting_as("purge"):
            run = begin_purge(by=OPERATOR, as_of=AS_OF)
        thread, faults = in_thread(place)
        with acting_as("purge"):
            run_purge(run=run)
            thread.join()
        assert not faults
        assert not run.items.exclude(status=PurgeItem.Status.DONE).exists()
        kept = kept_days(home, HeldDayReading) | kept_days(home, DayReading)
        assert kept == found["left"], f"round {number}: the hold saw rows that are gone, or rows came back"
        seen_both += 0 < len(kept) < len(MONTHS)
        start_over(home)
    assert seen_both, "no round had the hold in the middle of a run; the race was not run"


def start_over(home: Household) -> None:
    """End the round's hold and let a purge take what it kept."""
    other = Actor.operator("Second Operator", "between two rounds")
    with provider_rows():
        for hold in LegalHold.objects.in_force():
            release_hold(hold=hold, reason="The round is over", by=other)


def test_a_hold_waits_for_the_purge_of_a_month_and_no_longer(
    committed_database: str, acting_as: ActAs, as_role: Connect
) -> None:
    """While a purge has the holds locked, an INSERT waits, also a raw one; once it is over, it goes through."""
    home = committed_household([MONTHS[0]])
    with as_role("purge") as purge, as_role("web") as clerk:
        with purge.transaction():
            purge.execute("LOCK TABLE retention_legalhold IN SHARE MODE")
            clerk.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable), clerk.transaction():
                insert_hold(clerk, home)
        with clerk.transaction():
            insert_hold(clerk, home)
    with provider_rows():
        assert LegalHold.objects.in_force().count() == 1


def test_a_purge_waits_for_a_hold_that_is_being_placed(
    committed_database: str, acting_as: ActAs, as_role: Connect
) -> None:
    home = committed_household([MONTHS[0]])
    with as_role("web") as clerk, acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        with clerk.transaction():
            insert_hold(clerk, home)
            thread, faults = in_thread(lambda: purge_once(run.pk))
            time.sleep(1)
            assert thread.is_alive()
            assert kept_days(home, DayReading) == {MONTHS[0]}
        thread.join()
        assert not faults
    assert kept_days(home, HeldDayReading) == {MONTHS[0]}


def purge_once(run_id: int) -> None:
    run_purge(run=PurgeRun.objects.get(pk=run_id))


def insert_hold(clerk: psycopg.Connection, home: Household) -> None:
    clerk.execute("SELECT set_config('resguardo.scope', 'provider', true)")
    clerk.execute(
        "INSERT INTO retention_legalhold (entry_id, salt, evidence, uuid, account_id, all_subjects, retention_classes,"
        " reason, citation, owner, origin, is_confidential, placed_by_name, released_by_name, release_reason,"
        " review_on)"
        " VALUES (-1, '', '', gen_random_uuid(), %s, false, '{readings}', 'r', 'c', 'o', '', false, 'n', '', '',"
        " '2999-01-01')",
        [home.account.pk],
    )


def test_two_workers_on_one_run_dispose_of_each_month_once(committed_database: str, acting_as: ActAs) -> None:
    home = committed_household(MONTHS)
    with acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        workers = [in_thread(lambda: purge_once(run.pk)) for _number in range(3)]
        for thread, faults in workers:
            thread.join()
            assert faults == []
        certificate = run_purge(run=run)
    assert certificate is not None
    assert kept_days(home, DayReading) == set()
    items = certificate.document["payload"]["items"]
    assert sorted(item["dropped"] for item in items) == [1] * len(MONTHS)
    assert {item["status"] for item in items} == {"done"}
    assert set(run.items.values_list("attempts", flat=True)) == {1}


def test_readers_never_wait_longer_than_the_lock_timeout(
    committed_database: str, acting_as: ActAs, as_role: Connect
) -> None:
    """A reader in a long transaction blocks the drop; others pass meanwhile, and the purge gets through after."""
    home = committed_household([MONTHS[0], date(2026, 1, 1)])
    with as_role("web") as slow, as_role("web") as reader, acting_as("purge"):
        run = begin_purge(by=OPERATOR, as_of=AS_OF)
        waits = []
        with slow.transaction():
            count_readings(slow)
            thread, faults = in_thread(lambda: purge_once(run.pk))
            until = time.monotonic() + 2
            while time.monotonic() < until:
                begin = time.monotonic()
                with reader.transaction():
                    count_readings(reader)
                waits.append(time.monotonic() - begin)
                time.sleep(0.01)
            assert thread.is_alive()
        thread.join()
    assert not faults
    assert max(waits) < 0.5
    assert kept_days(home, DayReading) == {date(2026, 1, 1)}


def count_readings(reader: psycopg.Connection) -> None:
    reader.execute("SELECT set_config('resguardo.scope', 'provider', true)")
    reader.execute("SELECT count(*) FROM energy_dayreading")
