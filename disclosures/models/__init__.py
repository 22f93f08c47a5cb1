from disclosures.models.bases import LegalBasis, RecipientPolicy
from disclosures.models.breaches import Breach, BreachCustomer, BreachDuty, BreachStep
from disclosures.models.corrections import CorrectionNotice, CorrectionReceipt
from disclosures.models.demands import CLOSED_STATES, DemandEvent, DemandState, DemandSubject, LegalDemand
from disclosures.models.exports import HistoryExport, HistoryExportFile
from disclosures.models.feeds import FeedLine, FeedStep, StandingFeed
from disclosures.models.mergers import MergerNotice, MergerNoticeServed
from disclosures.models.orders import NonDisclosureOrder
from disclosures.models.packages import Delivery, Package, PackageFile
from disclosures.models.proposals import ReleaseProposal
from disclosures.models.releases import Channel, Format, Release, ReleaseDenial, ReleaseExclusion, ReleaseLine
from disclosures.models.searches import SavedSearch

__all__ = [
    "CLOSED_STATES",
    "Breach",
    "BreachCustomer",
    "BreachDuty",
    "BreachStep",
    "Channel",
    "CorrectionNotice",
    "CorrectionReceipt",
    "Delivery",
    "DemandEvent",
    "DemandState",
    "DemandSubject",
    "FeedLine",
    "FeedStep",
    "Format",
    "HistoryExport",
    "HistoryExportFile",
    "LegalBasis",
    "LegalDemand",
    "MergerNotice",
    "MergerNoticeServed",
    "NonDisclosureOrder",
    "Package",
    "PackageFile",
    "RecipientPolicy",
    "Release",
    "ReleaseDenial",
    "ReleaseExclusion",
    "ReleaseLine",
    "ReleaseProposal",
    "SavedSearch",
    "StandingFeed",
]
