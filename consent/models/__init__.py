from consent.models.consents import Consent, ConsentVersion
from consent.models.notices import Notice, NoticeText
from consent.models.offers import Offer, OfferDecline
from consent.models.purposes import Purpose
from consent.models.receipts import Receipt
from consent.models.reminders import Reminder
from consent.models.served import ServedNotice

__all__ = [
    "Consent",
    "ConsentVersion",
    "Notice",
    "NoticeText",
    "Offer",
    "OfferDecline",
    "Purpose",
    "Receipt",
    "Reminder",
    "ServedNotice",
]
