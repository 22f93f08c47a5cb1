"""What this package's messages are filled with."""

from collections.abc import Mapping
from typing import Any

from accounts.facts import facts_for
from disclosures.models import MergerNotice


@facts_for("merger_notice")
def merger_notice(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load what a customer is told about a merger."""
    return {"notice": MergerNotice.objects.select_related("recipient").get(uuid=context["notice"])}
