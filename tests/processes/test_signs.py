"""Workers sign by themselves, whatever their children do, and ring for the watch."""

from portal.watch.signs import last_signs
from tests.processes.conftest import Processes


def test_each_worker_signs_soon_after_its_start(processes: Processes) -> None:
    processes.start("worker", "purge-worker")
    processes.wait_for(lambda: {"worker", "purge"} <= set(last_signs()))
