from datetime import date

from ledger.actor import Actor
from retention import journal
from retention.errors import LostHoldsError
from retention.journal import INTENT, OUTCOME, Entry, Journal, read_journal
from retention.models import Certificate, PurgeItem, PurgeRun
from retention.plans import Plan, Steps, plan_steps
from retention.reconciliation import lost_holds, missing_in_data
from retention.schedule import CLASSES
from retention.services.purges import begin_purge, run_purge


def plan_replay(*, as_of: date) -> Plan:
    """Say what the data holds that the journal says was purged: after a restore, what the backup brought back.

    Whatever the rules say today, what was forgotten stays forgotten; what a hold in force covers is held.
    """
    found = read_journal()
    return plan_steps(as_of=as_of, steps=_steps(found, missing_in_data(found.entries)))


def replay_purges(*, by: Actor, as_of: date, despite_lost_holds: bool = False) -> Certificate | None:
    """Purge again what a restored backup brought back; None when data and journal agree. Call it like `run_purge`.

    While the journal names purges that the database does not know, those are repeated, also where nothing is left to
    drop: the run then says so, and the portal may open. Where the database knows them all, as after a single table was
    restored, all that the journal names is looked for. Raises LostHoldsError where holds that kept something in those
    purges are not in the database, unless told to go on despite them.
    """
    found = read_journal()
    missing = missing_in_data(found.entries)
    if missing and not despite_lost_holds and (lost := lost_holds(missing)):
        raise LostHoldsError(lost)
    steps = _steps(found, missing)
    if not missing and not any(item.to_drop for item in plan_steps(as_of=as_of, steps=steps).items):
        return None
    run = begin_purge(by=by, as_of=as_of, trigger=PurgeRun.Trigger.REPLAY, steps=steps)
    certificate = run_purge(run=run)
    run.refresh_from_db()
    if run.status == PurgeRun.Status.FINISHED:
        journal.write_replayed(run, through=found.last_number)
    return certificate


def _steps(found: Journal, missing: list[Entry]) -> Steps:
    """Return the day before which each partition and table is purged again: what the data lacks, else all that was.

    What a run left, because something stopped it there, was never forgotten and is no step.
    """
    steps: dict[str, dict[str, date]] = {}
    for line in missing or [line for line in found.entries if line["event"] == OUTCOME]:
        if line["event"] == INTENT or line["status"] == PurgeItem.Status.DONE:
            of_class, before = steps.setdefault(line["retention_class"], {}), date.fromisoformat(line["before"])
            of_class[line["partition"]] = max(before, of_class.get(line["partition"], before))
    return {code: steps[code] for code in CLASSES if code in steps}
