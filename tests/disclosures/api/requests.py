"""What another system sends to ask for a release."""

from typing import Any

from tests.disclosures.factories import FIELDS, WHY, Case


def asked(case: Case, **changes: Any) -> dict[str, Any]:
    """Return the body that asks for the default fields of March 2025 on written consent."""
    return {
        "accounts": [case.account.number],
        "recipient": str(case.recipient.uuid),
        "purpose": "energy_analysis",
        "basis": "written_consent",
        "field_ids": list(FIELDS),
        "data_from": "2025-03-01",
        "data_to": "2025-04-01",
        "format": "jsonl",
        "reason": WHY,
        **changes,
    }
