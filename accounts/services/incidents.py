from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import OverError, ReasonMissingError
from accounts.models import Recipient, RecipientIncident
from accounts.reasons import is_reason
from accounts.services.recipients import record_of
from accounts.services.rights import desk_id
from ledger.actor import Actor
from protection.clock import transaction_time


@transaction.atomic
def report_incident(
    *,
    recipient: Recipient,
    title: str,
    description: str,
    reported_on: date,
    reported_by: str,
    by: Actor,
    happened_on: date | None = None,
) -> RecipientIncident:
    """Note something that went wrong at a recipient. It stops nothing by itself: that is the switch's.

    Raises NotAllowedError for all but staff and administrators.
    """
    user_id = desk_id(by)
    incident = RecipientIncident.objects.create(
        recipient=recipient,
        title=title.strip(),
        description=description.strip(),
        happened_on=happened_on,
        reported_on=reported_on,
        reported_by=reported_by.strip(),
        created_by_id=user_id,
    )
    facts = {
        "incident": incident.uuid,
        "title": incident.title,
        "description": incident.description,
        "happened_on": happened_on,
        "reported_on": reported_on,
        "reported_by": incident.reported_by,
    }
    record_of(recipient, "recipient.incident_reported", by, facts)
    return incident


@transaction.atomic
def close_incident(*, incident: RecipientIncident, outcome: str, by: Actor) -> RecipientIncident:
    """Say what became of an incident.

    Raises NotAllowedError for all but staff and administrators, ReasonMissingError without an outcome, OverError when
    it was closed before.
    """
    user_id = desk_id(by)
    if not is_reason(outcome):
        raise ReasonMissingError(_("Say what was done and found, in at least ten characters."))
    incident = RecipientIncident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    if not incident.is_open:
        raise OverError(_("This incident was closed in the meantime."))
    incident.closed_at, incident.closed_by_id, incident.outcome = transaction_time(), user_id, outcome.strip()
    incident.save(update_fields=["closed_at", "closed_by", "outcome"])
    facts = {"incident": incident.uuid, "title": incident.title, "outcome": incident.outcome}
    record_of(incident.recipient, "recipient.incident_closed", by, facts)
    return incident
