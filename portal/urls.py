from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("language/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("signed-out/", TemplateView.as_view(template_name="portal/signed_out.html"), name="signed_out"),
    path("accessibility/", TemplateView.as_view(template_name="portal/accessibility.html"), name="accessibility"),
    path("privacy/", TemplateView.as_view(template_name="portal/privacy.html"), name="privacy"),
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
