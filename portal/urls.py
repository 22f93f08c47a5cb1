from django.urls import include, path
from django.views.generic import TemplateView

from accounts.urls import urlpatterns as accounts_pages
from portal import customers, ledger_pages, published_log, recipients, views
from portal.api_description import DescriptionView
from portal.consent_record import ConsentRecordView
from portal.controls.views import ControlDetailView, ControlListView
from portal.keys import KeysView, keys_file, verifier_file
from portal.metrics import metrics
from portal.reports import ReportsView
from portal.watch.views import SystemView
from portal.yearly_report_pages import YearlyReportFileView, YearlyReportView
from rights.views.my_data import MyDataView

# Pages under accounts' names that show what packages above it know; the layers let only the portal bring them together.
composed_pages = [
    path("my-data/", MyDataView.as_view(), name="my_data"),
    path("customers/<uuid:uuid>/", customers.CustomerView.as_view(), name="customer_detail"),
    path("leaving/<uuid:uuid>/", recipients.HandOffView.as_view(), name="hand_off"),
    path("recipients/<uuid:uuid>/", recipients.RecipientView.as_view(), name="recipient_detail"),
]

ledger_entries = [
    path("ledger/entries/", ledger_pages.EntryListView.as_view(), name="entry_list"),
    path("ledger/entries/<int:entry>/", ledger_pages.EntryDetailView.as_view(), name="entry_detail"),
    path("ledger/entries/<int:entry>/proof/", ledger_pages.EntryProofView.as_view(), name="entry_proof"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("keys/", KeysView.as_view(), name="keys"),
    path("keys/verifier", verifier_file, name="verifier_file"),
    path(".well-known/resguardo-keys.json", keys_file, name="keys_file"),
    path("ledger/checkpoint", published_log.checkpoint, name="checkpoint"),
    path("ledger/checkpoint/<int:size>", published_log.checkpoint_of_size, name="checkpoint_of_size"),
    path("ledger/consistency/<int:first>/<int:second>", published_log.consistency, name="consistency"),
    path("ledger/inclusion/<int:entry>", published_log.inclusion, name="inclusion"),
    path("controls/", ControlListView.as_view(), name="controls"),
    path("controls/<slug:code>/", ControlDetailView.as_view(), name="control_detail"),
    path("yearly-report/", YearlyReportView.as_view(), name="yearly_report"),
    path("yearly-report/<slug:format>/", YearlyReportFileView.as_view(), name="yearly_report_file"),
    path("reports/", ReportsView.as_view(), name="reports"),
    path("system/", SystemView.as_view(), name="system"),
    path("language/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("signed-out/", TemplateView.as_view(template_name="portal/signed_out.html"), name="signed_out"),
    path("accessibility/", TemplateView.as_view(template_name="portal/accessibility.html"), name="accessibility"),
    path("privacy/", TemplateView.as_view(template_name="portal/privacy.html"), name="privacy"),
    path("", include("allauth.idp.urls")),
    path("", include(([*accounts_pages, *composed_pages], "accounts"))),
    path("", include((ledger_entries, "ledger"))),
    path("", include("energy.urls")),
    path("", include("retention.urls")),
    path("consents/<uuid:uuid>/record/", ConsentRecordView.as_view(), name="consent_record"),
    path("", include("consent.urls")),
    path("", include("disclosures.urls")),
    path("", include("rights.urls")),
    path("api/v1/", include("portal.api")),
    path("api/v1/schema/", DescriptionView.as_view(), name="api_schema"),
]
