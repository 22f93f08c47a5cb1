"""Holds against purges, thousands of times: no interleaving loses a row that a hold in force covers.

Each round drops one month in the test's own connection, as the purge, while threads with connections of their own, as
the web, place and release holds of every kind at random moments. A hold's transaction reads what is left after its
INSERT: all of that must outlive the purge. Seeds are fixed; a failure names its round.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from energy.models import Bill, DayReading, UsagePoint
from protection.rowsecurity import provider_rows
from retention.disposal import EXECUTORS
from retention.disposal.partitions import partitions_of
from retention.disposal.stores import STORES
from retention.models import HeldBill, HeldDayReading, LegalHold, PurgeItem, PurgeRun
from retention.services import approve_release, place_hold, propose_release
from tests.conftest import ActAs
from tests.energy.factories import UsagePointFactory, make_bill, make_day
from tests.factories import AccountFactory
from tests.retention.factories import OPERATOR, SECOND_OPERATOR

DAY = date(2019, 1, 15)
BEFORE = date(2019, 2, 1)
THREADS = 5

Row = tuple[str, int, int | None]
"""Whose row it is: readings or bills, account, usage point (None: a bill of the whole account)."""


@dataclass
class World:
    """Two customers, the first with two accounts, each account with two meters; a day and three bills of each."""

    meters: list[UsagePoint]
    dice: random.Random
    live: list[LegalHold] = field(default_factory=list)

    def fill(self) -> None:
        with provider_rows():
            for meter in self.meters:
                make_day(meter, DAY)
                make_bill(meter.account, DAY, usage_point_id=meter.pk)
            for account in {meter.account_id: meter.account for meter in self.meters}.values():
                make_bill(account, DAY)

    def some_hold(self) -> dict[str, Any]:
        """Return the subject, classes and period of a hold of a random kind, which always covers DAY."""
        meter = self.dice.choice(self.meters)
        subject: dict[str, Any] = self.dice.choice(
            [
                {"usage_point": meter},
                {"account": meter.account},
                {"customer": meter.account.customer},
                {"all_subjects": True},
            ]
        )
        classes = self.dice.choice([["readings"], ["bills"], ["readings", "bills"]])
        period = self.dice.choice([{}, {"data_from": DAY}, {"data_to": BEFORE}, {"data_from": DAY, "data_to": BEFORE}])
        return {"retention_classes": classes, **subject, **period}


def a_world(dice: random.Random) -> World:
    with provider_rows():
        first, second = AccountFactory.create(), AccountFactory.create()
        third = AccountFactory.create(customer=first.customer)
        return World([UsagePointFactory.create(account=one) for one in (first, second, third) for _ in range(2)], dice)


def rows_there() -> set[Row]:
    """Return every row that is there, still in its month or already among the held ones."""
    found: set[Row] = set()
    for name, models in (("readings", (DayReading, HeldDayReading)), ("bills", (Bill, HeldBill))):
        for model in models:
            found |= {(name, *row) for row in model._default_manager.values_list("account_id", "usage_point_id")}
    return found


def covered(hold: LegalHold, rows: set[Row]) -> set[Row]:
    """Return those of the rows that a hold covers, by a reading of the rule of its own."""
    return {row for row in rows if row[0] in hold.retention_classes and is_subject(hold, row)}


def is_subject(hold: LegalHold, row: Row) -> bool:
    _name, account_id, point_id = row
    if hold.all_subjects:
        return True
    if hold.customer is not None:
        return account_id in {account.pk for account in hold.customer.accounts.all()}
    return account_id == hold.account_id and (
        None in {hold.usage_point_id, point_id} or hold.usage_point_id == point_id
    )


@contextmanager
def clerks() -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads whose connections are open under the role that is acted as now."""
    together = threading.Barrier(THREADS)

    def connect() -> None:
        connection.ensure_connection()
        together.wait()

    def leave() -> None:
        connection.close()
        together.wait()

    with ThreadPoolExecutor(THREADS) as pool:
        wait_for([pool.submit(connect) for _number in range(THREADS)])
        yield pool
        wait_for([pool.submit(leave) for _number in range(THREADS)])


def wait_for(futures: list[Future[Any]]) -> list[Any]:
    return [future.result(timeout=60) for future in futures]


def purge() -> float:
    """Drop both months as the purge does, each in its transaction; return the seconds it took."""
    begin = time.monotonic()
    for code, store in STORES.items():
        for partition in partitions_of(store.table):
            if partition.past <= BEFORE:
                item = PurgeItem(
                    run=PurgeRun(),
                    retention_class=code,
                    action=PurgeItem.Action.DROP_MONTH,
                    partition=partition.name,
                    lower=partition.first,
                    before=BEFORE,
                    planned_total=1_000,
                    planned_held=0,
                )
                with transaction.atomic():
                    EXECUTORS[item.action](item).conclude()
    return time.monotonic() - begin


def drop_released() -> None:
    """Have the purge delete what it had moved and nothing holds any more."""
    for code, store in STORES.items():
        item = PurgeItem(
            run=PurgeRun(),
            retention_class=code,
            action=PurgeItem.Action.TRIM_HELD,
            partition=store.held_table,
            before=BEFORE,
            planned_total=1_000,
            planned_held=0,
        )
        with transaction.atomic():
            EXECUTORS[item.action](item).conclude()


@dataclass
class Tally:
    """How often a hold came before the purge, in between, and after it."""

    before: int = 0
    between: int = 0
    after: int = 0

    def count(self, seen: int, of: int) -> None:
        if seen == of:
            self.before += 1
        elif seen:
            self.between += 1
        else:
            self.after += 1


def place(world: World, pause: float, given: dict[str, Any]) -> tuple[LegalHold, set[Row]]:
    """Place a hold after a pause; return it with the rows it found left to cover."""
    time.sleep(pause)
    with provider_rows():
        hold = place_hold(reason="A race", citation="Case 1", by=OPERATOR, **given)
        return hold, covered(hold, rows_there())


def release(pause: float, hold: LegalHold, kept: set[Row]) -> set[Row]:
    """End a hold after a pause; return what was lost of that it had kept, up to the moment of its end."""
    with provider_rows():
        proposal = propose_release(hold=hold, reason="The race is over", by=OPERATOR)
    time.sleep(pause)
    with provider_rows():
        ended = approve_release(release=proposal, by=SECOND_OPERATOR)
        return covered(ended, kept) - rows_there()


def race(world: World, pool: ThreadPoolExecutor, rounds: int) -> Tally:
    """Run the rounds; assert after each what must be there and what must be gone."""
    tally, lasts = Tally(), 0.1
    for number in range(rounds):
        pool.submit(world.fill).result()
        everything: set[Row] = pool.submit(in_sight(rows_there)).result()
        standing = pool.submit(place, world, 0, world.some_hold()).result()
        pauses = [world.dice.uniform(0, lasts * 1.2) for _number in range(THREADS)]
        placing = [pool.submit(place, world, pause, world.some_hold()) for pause in pauses[1:]]
        ending = pool.submit(release, pauses[0], *standing)
        lasts = 0.8 * lasts + 0.2 * purge()
        placed: list[tuple[LegalHold, set[Row]]] = wait_for(placing)
        assert ending.result() == set(), f"round {number}: lost while it was held"
        left: set[Row] = pool.submit(in_sight(rows_there)).result()
        for hold, found in placed:
            assert found <= left, f"round {number}: {hold.retention_classes} lost {found - left}"
            tally.count(len(found), len(covered(hold, everything)))
        may_stay = set().union(*(covered(hold, everything) for hold, _found in (*placed, standing)))
        assert left <= may_stay, f"round {number}: kept what nothing held: {left - may_stay}"
        wait_for([pool.submit(release, 0, hold, set()) for hold, _found in placed])
        drop_released()
        assert pool.submit(in_sight(rows_there)).result() == set(), f"round {number}: rows outlived every hold"
    return tally


def in_sight(read: Callable[[], set[Row]]) -> Callable[[], set[Row]]:
    def reading() -> set[Row]:
        with provider_rows():
            return read()

    return reading


def raced(acting_as: ActAs, *, seed: int, rounds: int) -> Tally:
    world = a_world(random.Random(seed))
    with clerks() as pool, acting_as("purge"):
        return race(world, pool, rounds)


def test_no_interleaving_of_holds_and_a_purge_loses_a_row(committed_database: str, acting_as: ActAs) -> None:
    tally = raced(acting_as, seed=1, rounds=8)
    assert tally.before, "no hold came before the purge"
    assert tally.after, "no hold came after the purge"


@pytest.mark.faults
def test_none_of_thousands_of_interleavings_loses_a_row(committed_database: str, acting_as: ActAs) -> None:
    tally = raced(acting_as, seed=2, rounds=500)
    assert min(tally.before, tally.after) > 100, tally
    assert tally.between, "no hold came between the drop of the readings and that of the bills"
