from consent.models.consents import Consent, ConsentVersion
from consent.models.notices import Notice, NoticeText
from consent.models.purposes import Purpose

__all__ = ["Consent", "ConsentVersion", "Notice", "NoticeText", "Purpose"]
