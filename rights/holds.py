"""What an open case holds: the data it is about stays until it is decided, whatever its time.

The purge keeps every row that a hold covers; the hold is placed with the case, in its transaction, and ends with it.
"""

from django.utils.translation import gettext_noop

from ledger.actor import Actor
from protection import datamap
from retention.services import place_hold, release_holds_of
from rights.models import Correction, RightsRequest

Case = Correction | RightsRequest

ENERGY_CLASSES = ("readings", "bills")
REQUEST_CLASSES = (*ENERGY_CLASSES, "identity", "consents", "disclosures", "access_log")
"""What an answer may have to speak of: all that is kept about a customer but the case itself, which is open anyway."""

CITATION = gettext_noop("Open case of a customer: what it is about must not be forgotten before it is decided")
DECIDED = gettext_noop("The case is decided")
REASONS = {
    Correction: gettext_noop("A correction waits for a decision"),
    RightsRequest: gettext_noop("A request waits for an answer"),
}


def hold_data_of(case: Case, by: Actor) -> None:
    """Hold what an open case is about, as its customer's hold; call `precede_purges` before any row is locked."""
    place_hold(
        customer=case.customer,
        retention_classes=_classes_of(case),
        reason=REASONS[type(case)],
        citation=CITATION,
        origin=origin_of(case),
        by=by,
    )


def let_go_data_of(case: Case, by: Actor) -> None:
    """End the hold that a case implied; call `precede_purges` before any row is locked."""
    release_holds_of(origin=origin_of(case), reason=DECIDED, by=by)


def origin_of(case: Case) -> str:
    """Return the name by which a hold refers to the case that implies it."""
    return f"{case._meta.label}:{case.uuid}"


def _classes_of(case: Case) -> tuple[str, ...]:
    if isinstance(case, RightsRequest):
        return REQUEST_CLASSES
    return (*ENERGY_CLASSES, datamap.declaration_of(case.declaration.model).retention_class)
