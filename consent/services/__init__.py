from consent.services.agreements import decline_offer, serve_agreement, sign_agreement
from consent.services.changes import expire_consent, expire_consents, narrow_consent, withdraw_consent
from consent.services.cookies import choose_cookies, note_signal, remembered_of
from consent.services.granting import Signature, grant_consent
from consent.services.messages import is_still_approved, retry_message, settle_at_desk
from consent.services.offers import close_offer, make_offer
from consent.services.preferences import choose_contact, refuse_by_link, undo_refusal
from consent.services.purposes import load_purposes
from consent.services.telling import announce_receipts, keep_consent, remind_of_consents

__all__ = [
    "Signature",
    "announce_receipts",
    "choose_contact",
    "choose_cookies",
    "close_offer",
    "decline_offer",
    "expire_consent",
    "expire_consents",
    "grant_consent",
    "is_still_approved",
    "keep_consent",
    "load_purposes",
    "make_offer",
    "narrow_consent",
    "note_signal",
    "refuse_by_link",
    "remembered_of",
    "remind_of_consents",
    "retry_message",
    "serve_agreement",
    "settle_at_desk",
    "sign_agreement",
    "undo_refusal",
    "withdraw_consent",
]
