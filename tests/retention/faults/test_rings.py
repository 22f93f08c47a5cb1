"""Bells that ring twice, or not at all, and kills at moments that nobody chose: the six checks hold afterwards."""

import random
import time
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from protection.clock import provider_today
from retention.models import PurgeItem, PurgeRun
from retention.services import begin_purge, run_purge
from retention.waypoints import Waypoint
from tests.conftest import ActAs
from tests.retention.factories import OPERATOR
from tests.retention.faults.checks import assert_nothing_lost, assert_sound
from tests.retention.faults.clusters import OwnRedis
from tests.retention.faults.conftest import AS_OF, make_world, start_run
from tests.retention.faults.faults import Fault, Order
from tests.retention.faults.workers import PurgeWorker, Workers, is_finished, ring
from tests.retention.faults.world import World

pytestmark = pytest.mark.faults
SEEDS = range(6)
KILLS = 3


def judge(world: World, acting_as: ActAs) -> None:
    """Have the next run find nothing left to do, and hold everything to the six checks."""
    world.model.purge(AS_OF)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=AS_OF))
    assert_sound(world.model, AS_OF)


def attempts_of(run: PurgeRun) -> int:
    return sum(run.items.values_list("attempts", flat=True))


def has_advanced(run: PurgeRun, attempts: int) -> bool:
    return attempts_of(run) > attempts or is_finished(run)


def has_come(order: Order, run: PurgeRun) -> bool:
    return order.has_happened or is_finished(run)


@pytest.mark.parametrize("seed", SEEDS)
def test_purge_survives_kills_at_random_moments(seed: int, purge_worker: PurgeWorker, acting_as: ActAs) -> None:
    chance = random.Random(seed)
    world = make_world()
    purge_worker.obey()
    run = start_run()
    for _kill in range(KILLS):
        attempts = attempts_of(run)
        ring("retention.sweep")
        purge_worker.wait_for(partial(has_advanced, run, attempts))
        time.sleep(chance.uniform(0, 0.3))
        chance.choice((purge_worker.kill, purge_worker.kill_child))()
        assert_nothing_lost(world.model, AS_OF)
        purge_worker.ensure()
    purge_worker.finish(run)
    judge(world, acting_as)


@pytest.mark.parametrize("seed", SEEDS)
def test_purge_survives_faults_at_random_points(
    seed: int, purge_worker: PurgeWorker, acting_as: ActAs, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    world = make_world()
    run = start_run()
    for number in range(KILLS):
        fault = chance.choice((Fault.CHILD_KILLED, Fault.WORKER_KILLED, Fault.CONNECTION_TERMINATED))
        order = Order(fault, chance.choice(list(Waypoint)), None, str(tmp_path / f"{number}"))
        purge_worker.obey(order)
        ring("retention.sweep")
        purge_worker.wait_for(partial(has_come, order, run))
        assert_nothing_lost(world.model, AS_OF)
    purge_worker.obey()
    purge_worker.finish(run)
    judge(world, acting_as)


@pytest.mark.parametrize("fault", [Fault.REDIS_EMPTIED, Fault.REDIS_LOST])
def test_losing_redis_in_the_midst_of_a_purge_loses_nothing(
    fault: Fault, own_redis: OwnRedis, purge_worker: PurgeWorker, acting_as: ActAs, tmp_path: Path
) -> None:
    world = make_world()
    run = start_run()
    purge_worker.suffer(Order(fault, Waypoint.DROPPED, 0, str(tmp_path / "happened")), run)
    purge_worker.finish(run)
    judge(world, acting_as)
    purge_worker.kill()


def test_purge_whose_only_message_was_lost_is_found_by_the_sweep(
    own_redis: OwnRedis, purge_worker: PurgeWorker, acting_as: ActAs
) -> None:
    world = make_world()
    run = start_run()
    ring("retention.run", run.pk)
    own_redis.crash()
    own_redis.start()
    purge_worker.obey()
    purge_worker.finish(run)
    judge(world, acting_as)
    purge_worker.kill()


def test_duplicate_messages_to_two_workers_do_everything_once(
    purge_worker: PurgeWorker, purge_workers: Workers, acting_as: ActAs
) -> None:
    other = purge_workers.of("second")
    world = make_world()
    run = start_run()
    for worker in (purge_worker, other):
        worker.obey()
    for _copy in range(4):
        ring("retention.run", run.pk)
    purge_worker.finish(run)
    judge(world, acting_as)
    assert set(run.items.values_list("attempts", flat=True)) == {1}
    other.kill()


@pytest.mark.parametrize("point", [Waypoint.INTENT_WRITTEN, Waypoint.LOCKED, Waypoint.DROPPED, Waypoint.COMMITTED])
def test_second_worker_on_a_slow_workers_item_does_no_harm(
    point: Waypoint, purge_worker: PurgeWorker, purge_workers: Workers, acting_as: ActAs, tmp_path: Path
) -> None:
    other = purge_workers.of("second")
    world = make_world()
    run = start_run()
    order = Order(Fault.DELAYED, point, 0, str(tmp_path / "happened"))
    purge_worker.obey(order)
    ring("retention.run", run.pk)
    purge_worker.wait_for(lambda: Path(order.note).exists())
    other.obey()
    ring("retention.run", run.pk)
    other.finish(run)
    purge_worker.wait_for(lambda: order.has_happened)
    judge(world, acting_as)
    other.kill()


def test_two_beats_make_one_nightly_purge(purge_worker: PurgeWorker, purge_workers: Workers, acting_as: ActAs) -> None:
    other = purge_workers.of("second")
    world = make_world()
    today = provider_today()
    for worker in (purge_worker, other):
        worker.obey()
    ring("retention.nightly")
    ring("retention.nightly")
    purge_worker.wait_for(lambda: PurgeRun.objects.filter(finished_at__isnull=False).exists())
    connection.close()
    assert PurgeRun.objects.count() == 1
    assert not PurgeItem.objects.filter(status=PurgeItem.Status.FAILED).exists()
    world.model.purge(today)
    with acting_as("purge"):
        run_purge(run=begin_purge(by=OPERATOR, as_of=today))
    assert_sound(world.model, today)
    other.kill()
