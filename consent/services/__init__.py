from consent.services.agreements import decline_offer, serve_agreement, sign_agreement
from consent.services.changes import expire_consent, expire_consents, narrow_consent, withdraw_consent
from consent.services.granting import Signature, grant_consent
from consent.services.offers import close_offer, make_offer
from consent.services.purposes import load_purposes

__all__ = [
    "Signature",
    "close_offer",
    "decline_offer",
    "expire_consent",
    "expire_consents",
    "grant_consent",
    "load_purposes",
    "make_offer",
    "narrow_consent",
    "serve_agreement",
    "sign_agreement",
    "withdraw_consent",
]
