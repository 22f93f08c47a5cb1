from disclosures.models.bases import LegalBasis, RecipientPolicy
from disclosures.models.exports import HistoryExport, HistoryExportFile
from disclosures.models.packages import Delivery, Package, PackageFile
from disclosures.models.releases import Format, Release, ReleaseDenial, ReleaseLine
from disclosures.models.searches import SavedSearch

__all__ = [
    "Delivery",
    "Format",
    "HistoryExport",
    "HistoryExportFile",
    "LegalBasis",
    "Package",
    "PackageFile",
    "RecipientPolicy",
    "Release",
    "ReleaseDenial",
    "ReleaseLine",
    "SavedSearch",
]
