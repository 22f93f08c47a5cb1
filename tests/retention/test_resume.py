"""A purge that is killed half-way goes on where it was: nothing twice, nothing left out, the certificate adds up."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from energy.models import DayReading
from ledger.verify import main as verify
from protection.rowsecurity import provider_rows
from retention.disposal.partitions import partitions_of
from retention.models import Certificate, PurgeItem, PurgeRun
from tests.conftest import Connect
from tests.retention.factories import AS_OF, committed_household

PROJECT = Path(__file__).resolve().parents[2]
FIRSTS = [date(2021, month, 1) for month in (1, 2, 3)]
COMMAND = [sys.executable, str(PROJECT / "manage.py"), "run_purge", "--as-of", AS_OF.isoformat(), "--json"]


def environment() -> dict[str, str]:
    """Return the environment of a purge process on the test's own database."""
    return {**os.environ, "RESGUARDO_PROCESS": "purge", "DJANGO_SETTINGS_MODULE": "portal.settings"}


def wait_for(condition: object) -> None:
    until = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "nothing happened for a minute"
        time.sleep(0.05)


def test_a_purge_killed_half_way_is_finished_by_the_same_command(committed_database: str, as_role: Connect) -> None:
    expired = [first + timedelta(days=offset) for first in FIRSTS for offset in (0, 3)]
    home = committed_household(expired)
    with as_role("web") as reader:
        with reader.transaction():
            # A reader in the second month stops the run there, after the first month is gone.
            reader.execute("SELECT set_config('resguardo.scope', 'provider', true)")
            reader.execute("SELECT FROM energy_dayreading WHERE day = '2021-02-10'")
            with subprocess.Popen(COMMAND, env=environment(), cwd=PROJECT, stdout=subprocess.PIPE) as process:
                wait_for(lambda: PurgeItem.objects.filter(status=PurgeItem.Status.DONE).exists())
                process.send_signal(signal.SIGKILL)
        (run,) = PurgeRun.objects.all()
        assert run.status == PurgeRun.Status.RUNNING
        assert Certificate.objects.count() == 0
    finished = subprocess.run(COMMAND, env=environment(), cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    printed = json.loads(finished.stdout)
    (readings,) = [entry for entry in printed["classes"] if entry["retention_class"] == "readings"]
    assert readings == {"retention_class": "readings", "total": 6, "held": 0, "dropped": 6}
    assert printed["run"] == str(run.uuid)
    assert verify([printed["certificate"]]) == 0
    with provider_rows():
        assert not DayReading.objects.filter(account=home.account).exists()
    assert [partition.name for partition in partitions_of("energy_dayreading")] == ["energy_dayreading_y2021m03"]
