from disclosures.services.bases import Loaded, load_bases
from disclosures.services.compliance import comply_with_demand, preview_compliance
from disclosures.services.corrections import acknowledge_correction, remind_of_corrections, tell_recipients
from disclosures.services.deliveries import deliver_package
from disclosures.services.demands import (
    assign_demand,
    refuse_demand,
    take_in_demand,
    undo_step,
    withdraw_demand,
)
from disclosures.services.exports import (
    account_of,
    build_export,
    claim_exports,
    end_of,
    export_history,
    fetch_export,
    request_export,
)
from disclosures.services.feeds import (
    deliver_feed,
    end_feed,
    feeds_due,
    pause_feed,
    resume_feed,
    stop_feed_line,
)
from disclosures.services.mergers import announce_merger, serve_merger_notice
from disclosures.services.notices import contest_demand, record_motion, serve_notice, withdraw_contest
from disclosures.services.orders import end_orders, extend_order, lift_order, record_order
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
    "acknowledge_correction",
    "announce_merger",
    "approve_disclosure",
    "assign_demand",
    "build_export",
    "build_package",
    "carry_out_proposal",
    "claim_exports",
    "claim_packages",
    "claim_proposals",
    "comply_with_demand",
    "contest_demand",
    "deliver_feed",
    "deliver_package",
    "end_feed",
    "end_of",
    "end_orders",
    "export_history",
    "extend_order",
    "feeds_due",
    "fetch_export",
    "forget_search",
    "hand_over_history",
    "lift_order",
    "load_bases",
    "note_search",
    "pause_feed",
    "preview_compliance",
    "preview_release",
    "propose_disclosure",
    "record_motion",
    "record_order",
    "refuse_demand",
    "reject_disclosure",
    "release_disclosure",
    "remind_of_corrections",
    "request_export",
    "resume_feed",
    "save_search",
    "serve_merger_notice",
    "serve_notice",
    "stop_feed_line",
    "take_in_demand",
    "tell_recipients",
    "undo_step",
    "withdraw_contest",
    "withdraw_demand",
]
