from consent.models.bulk import BulkEntry, BulkFinding
from consent.models.changes import PurposeChange
from consent.models.consents import Consent, ConsentVersion
from consent.models.cookies import CookieChoice, PrivacySignal
from consent.models.deliveries import NoticeDelivery, NoticeRun, Occasion
from consent.models.notices import Notice, NoticeText
from consent.models.offers import Offer, OfferDecline
from consent.models.preferences import ContactChoice
from consent.models.purposes import Purpose
from consent.models.receipts import Receipt
from consent.models.reminders import Reminder
from consent.models.requests import ProjectRequest, RequestMatch, RequestUpload
from consent.models.served import ServedNotice
from consent.models.submissions import NoticeSubmission
from consent.models.visits import VisitCount
from consent.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "BulkEntry",
    "BulkFinding",
    "Consent",
    "ConsentVersion",
    "ContactChoice",
    "CookieChoice",
    "Notice",
    "NoticeDelivery",
    "NoticeRun",
    "NoticeSubmission",
    "NoticeText",
    "Occasion",
    "Offer",
    "OfferDecline",
    "PrivacySignal",
    "ProjectRequest",
    "Purpose",
    "PurposeChange",
    "Receipt",
    "Reminder",
    "RequestMatch",
    "RequestUpload",
    "ServedNotice",
    "VisitCount",
    "WebhookDelivery",
    "WebhookEndpoint",
]
