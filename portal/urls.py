from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("language/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("", include("allauth.idp.urls")),
    path("", include("accounts.urls")),
    path("", include("energy.urls")),
    path("", include("retention.urls")),
    path("", include("consent.urls")),
    path("", include("disclosures.urls")),
    path("", include("rights.urls")),
    path("api/v1/", include("portal.api")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api_schema"),
]
