"""Withdrawals raced against releases, hundreds of times, each in a transaction that really commits."""

import random
import time
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection

from consent.services import grant_consent, withdraw_consent
from disclosures.errors import ReleaseDenied
from disclosures.services import release_disclosure
from protection.rowsecurity import provider_rows
from tests.consent.factories import terms
from tests.disclosures.factories import FIELDS, Case

pytestmark = pytest.mark.usefixtures("committed_database")
ROUNDS, RELEASERS = 60, 2


class Race:
    """One consent after another, each withdrawn while two threads release data under it."""

    def __init__(self) -> None:
        with provider_rows():
            self.case = Case()
        self.start = Barrier(RELEASERS + 1)
        self.ended = Barrier(RELEASERS + 1)
        self.withdrawn_at = float("inf")
        self.wrong: list[str] = []
        self.outcomes: list[str] = []

    def grant(self) -> None:
        self.withdrawn_at = float("inf")
        with provider_rows():
            wanted = terms(field_ids=FIELDS, method="telephone", evidence=None)
            self.consent = grant_consent(
                customer=self.case.customer, recipient=self.case.recipient, by=self.case.by, **wanted
            )

    def withdraw(self, chance: random.Random) -> None:
        for _ in range(ROUNDS):
            self.grant()
            self.start.wait()
            time.sleep(chance.random() * 0.03)
            with provider_rows():
                withdraw_consent(consent=self.consent, by=self.case.by)
            self.withdrawn_at = time.monotonic()
            self.ended.wait()

    def release(self, chance: random.Random) -> None:
        for _ in range(ROUNDS):
            self.start.wait()
            for _ in range(3):
                time.sleep(chance.random() * 0.01)
                self.try_once()
            self.ended.wait()

    def try_once(self) -> None:
        began = time.monotonic()
        was_withdrawn = began > self.withdrawn_at
        try:
            with provider_rows():
                release_disclosure(request=self.case.request(), by=self.case.by)
        except ReleaseDenied:
            self.outcomes.append("denied")
            return
        self.outcomes.append("released")
        if was_withdrawn:
            self.wrong.append(f"released {began - self.withdrawn_at:.4f} s after the withdrawal committed")


def test_no_release_that_begins_after_a_withdrawal_committed_leans_on_it() -> None:
    race = Race()
    faults: list[BaseException] = []

    def run(work: Callable[[random.Random], None], seed: int) -> None:
        try:
            work(random.Random(seed))
        except Exception as fault:
            faults.append(fault)
            race.start.abort()
            race.ended.abort()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(race.withdraw, 1))]
    threads += [Thread(target=run, args=(race.release, seed)) for seed in range(2, RELEASERS + 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert faults == []
    assert race.wrong == []
    assert len(race.outcomes) == ROUNDS * RELEASERS * 3
    assert {"released", "denied"} <= set(race.outcomes)
