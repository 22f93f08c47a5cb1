from consent.services.changes import expire_consent, expire_consents, narrow_consent, withdraw_consent
from consent.services.granting import grant_consent
from consent.services.purposes import load_purposes

__all__ = ["expire_consent", "expire_consents", "grant_consent", "load_purposes", "narrow_consent", "withdraw_consent"]
