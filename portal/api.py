"""The REST API's routes: each package brings its viewsets, this file gives them their paths under /api/v1/."""

from rest_framework.routers import SimpleRouter

from consent.api import ConsentViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("consents", ConsentViewSet, basename="api-consent")

urlpatterns = router.urls
