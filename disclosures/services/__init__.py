from disclosures.services.bases import Loaded, load_bases
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
from disclosures.services.mergers import announce_merger, serve_merger_notice
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
    "Loaded",
    "OwnFile",
    "account_of",
    "announce_merger",
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
    "load_bases",
    "note_search",
    "preview_release",
    "propose_disclosure",
    "reject_disclosure",
    "release_disclosure",
    "request_export",
    "save_search",
    "serve_merger_notice",
]
