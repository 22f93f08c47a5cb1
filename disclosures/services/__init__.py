from disclosures.services.deliveries import deliver_package
from disclosures.services.exports import (
    account_of,
    build_export,
    claim_exports,
    end_of,
    export_history,
    fetch_export,
    request_export,
)
from disclosures.services.own_history import OwnFile, hand_over_history
from disclosures.services.packages import build_package, claim_packages
from disclosures.services.proposals import (
    approve_disclosure,
    carry_out_proposal,
    claim_proposals,
    propose_disclosure,
    reject_disclosure,
)
from disclosures.services.releases import preview_release, release_disclosure
from disclosures.services.searches import forget_search, note_search, save_search

__all__ = [
    "OwnFile",
    "account_of",
    "approve_disclosure",
    "build_export",
    "build_package",
    "carry_out_proposal",
    "claim_exports",
    "claim_packages",
    "claim_proposals",
    "deliver_package",
    "end_of",
    "export_history",
    "fetch_export",
    "forget_search",
    "hand_over_history",
    "note_search",
    "preview_release",
    "propose_disclosure",
    "reject_disclosure",
    "release_disclosure",
    "request_export",
    "save_search",
]
