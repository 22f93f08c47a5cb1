"""The REST API's routes: each package brings its viewsets, this file gives them their paths under /api/v1/."""

from rest_framework.routers import SimpleRouter

from consent.api import ConsentViewSet, ReceiptViewSet
from disclosures.api import DisclosureViewSet, HistoryExportViewSet, ReleaseViewSet
from disclosures.audit_api import ReleaseDenialViewSet
from portal.ledger_api import CheckpointViewSet, EntryViewSet, RangeViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("consents", ConsentViewSet, basename="api-consent")
router.register("receipts", ReceiptViewSet, basename="api-receipt")
router.register("releases", ReleaseViewSet, basename="api-release")
router.register("disclosures", DisclosureViewSet, basename="api-disclosure")
router.register("denials", ReleaseDenialViewSet, basename="api-denial")
router.register("exports", HistoryExportViewSet, basename="api-export")
router.register("ledger/checkpoints", CheckpointViewSet, basename="api-checkpoint")
router.register("ledger/entries", EntryViewSet, basename="api-entry")
router.register("ledger/range", RangeViewSet, basename="api-range")

urlpatterns = router.urls
