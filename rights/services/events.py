from ledger.actor import Actor
from ledger.services import record
from rights.models import CaseEvent, Correction, RightsRequest


def add_event(case: Correction | RightsRequest, what: CaseEvent.What, by: Actor, *, note: str = "") -> CaseEvent:
    """Append one step of a case with its ledger entry, in the caller's transaction.

    The evidence names the field, never its values: those are sealed in the correction and go with the customer's key.
    """
    is_correction = isinstance(case, Correction)
    subject = (
        {"correction": case.uuid, "field": case.field_id}
        if isinstance(case, Correction)
        else {
            "request": case.uuid,
            "kind": case.kind,
        }
    )
    witness = record(
        kind=f"{'correction' if is_correction else 'request'}.{what}",
        subject_tag=bytes(case.customer.tag),
        evidence={"by": by.evidence(), "note": note, **subject},
    )
    return CaseEvent.objects.create(
        customer=case.customer,
        correction=case if isinstance(case, Correction) else None,
        request=case if isinstance(case, RightsRequest) else None,
        what=what,
        user_id=by.user_id,
        actor_kind=by.kind,
        actor_name=by.name,
        **witness.columns(),
    )
