from datetime import date

from ledger.actor import Actor
from retention.journal import read_journal
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.plans import Bound, Plan, make_plan
from retention.schedule import CLASSES
from retention.services.purges import run_purge, start_purge


def plan_replay(*, as_of: date) -> Plan:
    """Say what the data holds that the journal says was purged: after a restore, what the backup brought back.

    Whatever the rules say today, what was forgotten stays forgotten; what a hold in force covers is held.
    """
    return make_plan(as_of=as_of, bounds=journaled_bounds())


def replay_purges(*, by: Actor, as_of: date) -> Certificate | None:
    """Purge again what a restored backup brought back; None when data and journal agree. Call it like `run_purge`."""
    bounds = journaled_bounds()
    if not any(item.to_drop for item in make_plan(as_of=as_of, bounds=bounds).items):
        return None
    return run_purge(run=start_purge(by=by, as_of=as_of, trigger=PurgeRun.Trigger.REPLAY, bounds=bounds))


def journaled_bounds() -> dict[str, Bound]:
    """Return the latest day before which each class was purged, by the outcomes in the journal."""
    latest: dict[str, date] = {}
    for line in read_journal():
        if line["event"] == "outcome" and line["status"] == PurgeItem.Status.DONE:
            code, before = line["retention_class"], date.fromisoformat(line["before"])
            latest[code] = max(before, latest.get(code, before))
    return {code: Bound(latest[code], "journal", 0) for code in CLASSES if code in latest}
