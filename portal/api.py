"""The REST API's routes: each package brings its viewsets, this file gives them their paths under /api/v1/."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()

urlpatterns = router.urls
