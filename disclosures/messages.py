"""What this package's messages are filled with."""

from collections.abc import Mapping
from typing import Any

from accounts.facts import facts_for
from disclosures.models import Breach, CorrectionNotice, DemandEvent, LegalDemand, MergerNotice


@facts_for("merger_notice")
def merger_notice(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load what a customer is told about a merger."""
    return {"notice": MergerNotice.objects.select_related("recipient").get(uuid=context["notice"])}


@facts_for("demand_notice", "demand_shown", "demand_contested")
def demand(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load a demand, and the notice of it where one is named."""
    notice = DemandEvent.objects.get(uuid=context["notice"]) if "notice" in context else None
    found = LegalDemand.objects.select_related("recipient").get(uuid=context["demand"])
    return {"demand": found, "notice": notice}


@facts_for("correction_told")
def correction_told(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the correction that a recipient is told of; the message names its field, not whose it is."""
    return {"notice": CorrectionNotice.objects.get(uuid=context["notice"])}


@facts_for("breach_letter")
def breach_letter(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load what a customer is told about a breach."""
    return {"breach": Breach.objects.get(uuid=context["breach"])}
