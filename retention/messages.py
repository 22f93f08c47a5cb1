"""What this package's messages are filled with."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.facts import facts_for
from retention.models import LegalHold


@facts_for("hold_review_due")
def hold_review_due(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the hold whose review is due; the message names the order, never the customer."""
    hold = LegalHold.objects.get(uuid=context["hold"])
    return {"hold": hold, "day": date.fromisoformat(context["review_on"])}
