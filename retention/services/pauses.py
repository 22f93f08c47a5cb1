from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from ledger.actor import Actor
from ledger.services import PROVIDER_TAG, record
from retention.errors import NotAllowedError, RunError
from retention.models import PurgeRun, RunOrder
from retention.permissions import can_start_purge


def pause_purge(*, run: PurgeRun, reason: str, by: Actor) -> RunOrder:
    """Have a run's workers stop after the step they are at, until `resume_purge`.

    Raises NotAllowedError, RunError when it is over or paused already.
    """
    return _order(RunOrder.Kind.PAUSE, run, reason, by)


def resume_purge(*, run: PurgeRun, reason: str, by: Actor) -> RunOrder:
    """Let a paused run go on; ring for a worker, or the sweep finds it. Raises NotAllowedError, RunError."""
    return _order(RunOrder.Kind.RESUME, run, reason, by)


@transaction.atomic
def _order(kind: RunOrder.Kind, run: PurgeRun, reason: str, by: Actor) -> RunOrder:
    if not can_start_purge(by):
        raise NotAllowedError
    if not reason.strip():
        raise RunError(_("State the reason."))
    run.refresh_from_db(fields=["status", "finished_at"])
    if run.is_finished:
        raise RunError(_("This run is over."))
    if run.is_paused == (kind == RunOrder.Kind.PAUSE):
        raise RunError(_("This run is paused already.") if run.is_paused else _("This run is not paused."))
    witness = record(
        kind="purge.paused" if kind == RunOrder.Kind.PAUSE else "purge.resumed",
        subject_tag=PROVIDER_TAG,
        evidence={"by": by.evidence(), "run": run.uuid, "reason": reason.strip()},
    )
    order = RunOrder(
        run=run,
        kind=kind,
        reason=reason.strip(),
        given_by_id=by.user_id,
        given_by_name=by.name,
        **witness.columns(),
    )
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except DatabaseError as error:
        raise RunError(_("The run has moved on in the meantime. Look at it again.")) from error
    run.refresh_from_db(fields=["status"])
    return order
