from consent.services.agreements import decline_offer, serve_agreement, sign_agreement
from consent.services.bulk import (
    claim_bulk_entries,
    discard_bulk_entry,
    discard_forgotten_entries,
    order_bulk_entry,
    progress_of,
    send_bulk_entry,
    work_bulk_entry,
)
from consent.services.changes import expire_consent, expire_consents, narrow_consent, withdraw_consent
from consent.services.changes_in_force import put_announced_changes_in_force
from consent.services.cookies import choose_cookies, note_signal, remembered_of
from consent.services.deliveries import begin_rounds, deliver_to_new_accounts, go_on_with_round
from consent.services.granting import Signature, grant_consent
from consent.services.majority import tell_of_majority
from consent.services.messages import is_still_approved, retry_message, settle_at_desk
from consent.services.notices import (
    Words,
    approve_notice,
    draft_notice,
    edit_notice,
    send_back_notice,
    submit_notice,
    withdraw_notice,
)
from consent.services.offers import close_offer, make_offer
from consent.services.preferences import choose_contact, refuse_by_link, undo_refusal
from consent.services.purposes import (
    PurposeTerms,
    approve_purpose,
    change_purpose,
    load_purposes,
    propose_purpose,
    refuse_purpose,
    withdraw_purpose,
)
from consent.services.requests import (
    ProjectDetails,
    file_project_request,
    match_by_hand,
    match_requests,
    withdraw_project_request,
)
from consent.services.telling import announce_receipts, keep_consent, remind_of_consents
from consent.services.undoing import UNDO_WITHIN, undo_grant
from consent.services.webhooks import (
    register_endpoint,
    renew_secret,
    replay_deliveries,
    retire_endpoint,
    try_endpoint,
)

__all__ = [
    "UNDO_WITHIN",
    "ProjectDetails",
    "PurposeTerms",
    "Signature",
    "Words",
    "announce_receipts",
    "approve_notice",
    "approve_purpose",
    "begin_rounds",
    "change_purpose",
    "choose_contact",
    "choose_cookies",
    "claim_bulk_entries",
    "close_offer",
    "decline_offer",
    "deliver_to_new_accounts",
    "discard_bulk_entry",
    "discard_forgotten_entries",
    "draft_notice",
    "edit_notice",
    "expire_consent",
    "expire_consents",
    "file_project_request",
    "go_on_with_round",
    "grant_consent",
    "is_still_approved",
    "keep_consent",
    "load_purposes",
    "make_offer",
    "match_by_hand",
    "match_requests",
    "narrow_consent",
    "note_signal",
    "order_bulk_entry",
    "progress_of",
    "propose_purpose",
    "put_announced_changes_in_force",
    "refuse_by_link",
    "refuse_purpose",
    "register_endpoint",
    "remembered_of",
    "remind_of_consents",
    "renew_secret",
    "replay_deliveries",
    "retire_endpoint",
    "retry_message",
    "send_back_notice",
    "send_bulk_entry",
    "serve_agreement",
    "settle_at_desk",
    "sign_agreement",
    "submit_notice",
    "tell_of_majority",
    "try_endpoint",
    "undo_grant",
    "undo_refusal",
    "withdraw_consent",
    "withdraw_notice",
    "withdraw_project_request",
    "withdraw_purpose",
    "work_bulk_entry",
]
