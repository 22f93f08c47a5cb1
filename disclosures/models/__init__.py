from disclosures.models.bases import LegalBasis, RecipientPolicy
from disclosures.models.exports import HistoryExport, HistoryExportFile
from disclosures.models.mergers import MergerNotice, MergerNoticeServed
from disclosures.models.packages import Delivery, Package, PackageFile
from disclosures.models.proposals import ReleaseProposal
from disclosures.models.releases import Channel, Format, Release, ReleaseDenial, ReleaseExclusion, ReleaseLine
from disclosures.models.searches import SavedSearch

__all__ = [
    "Channel",
    "Delivery",
    "Format",
    "HistoryExport",
    "HistoryExportFile",
    "LegalBasis",
    "MergerNotice",
    "MergerNoticeServed",
    "Package",
    "PackageFile",
    "RecipientPolicy",
    "Release",
    "ReleaseDenial",
    "ReleaseExclusion",
    "ReleaseLine",
    "ReleaseProposal",
    "SavedSearch",
]
