from datetime import timedelta

import pytest

from portal.models import SignOfLife
from portal.tasks import sign_of_beat
from portal.watch.signs import FORGOTTEN_AFTER, forget_signs, last_signs, sign_life
from tests.conftest import ActAs
from tests.portal.watch.factories import PROCESSES, silence


@pytest.mark.django_db
def test_a_process_has_one_sign_a_machine() -> None:
    for machine in ("one", "two", "one"):
        sign_life("worker", machine)
    assert SignOfLife.objects.count() == 2


@pytest.mark.django_db
def test_the_latest_of_all_machines_counts() -> None:
    silence("worker")
    sign_life("worker", "another")
    assert last_signs()["worker"] == SignOfLife.objects.get(machine="another").at


@pytest.mark.django_db
def test_machines_that_are_gone_are_forgotten_but_never_the_last_sign_of_a_kind() -> None:
    silence("worker", ago=FORGOTTEN_AFTER + timedelta(days=1))
    silence("beat", ago=FORGOTTEN_AFTER + timedelta(days=1))
    sign_life("worker", "another")
    assert forget_signs() == 1
    assert sorted(last_signs()) == ["beat", "worker"]


@pytest.mark.parametrize("role", ["web", "worker", "purge"])
def test_every_login_may_sign(committed_database: str, acting_as: ActAs, role: str) -> None:
    with acting_as(role):
        for _time in range(2):
            sign_life(role)
    assert list(last_signs()) == [role]


@pytest.mark.django_db
def test_beat_signs_by_the_task_that_it_alone_rings_for() -> None:
    sign_of_beat()
    assert list(last_signs()) == ["beat"]
    assert set(PROCESSES) == set(SignOfLife.Process.values)
