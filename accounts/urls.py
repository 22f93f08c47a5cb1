from django.urls import path

from accounts.views import customers, people, recipients, settings

app_name = "accounts"
urlpatterns = [
    path("settings/", settings.SettingsView.as_view(), name="settings"),
    path("customers/", customers.CustomerSearchView.as_view(), name="customer_search"),
    path("customers/<uuid:uuid>/open/", customers.CustomerOpenView.as_view(), name="customer_open"),
    path(
        "customers/<uuid:uuid>/reveal/<str:field_id>/",
        customers.CustomerRevealView.as_view(),
        name="customer_reveal",
    ),
    path("people/", people.PersonListView.as_view(), name="people"),
    path("people/<uuid:uuid>/", people.PersonDetailView.as_view(), name="person_detail"),
    path("people/<uuid:uuid>/agreements/new/", people.AgreementCreateView.as_view(), name="agreement_create"),
    path("people/<uuid:uuid>/deactivate/", people.PersonDeactivateView.as_view(), name="person_deactivate"),
    path("people/<uuid:uuid>/reactivate/", people.PersonReactivateView.as_view(), name="person_reactivate"),
    path("recipients/", recipients.RecipientListView.as_view(), name="recipient_list"),
    path("recipients/new/", recipients.RecipientCreateView.as_view(), name="recipient_create"),
    path("recipients/<uuid:uuid>/", recipients.RecipientDetailView.as_view(), name="recipient_detail"),
    path(
        "recipients/<uuid:uuid>/agreements/new/",
        recipients.RecipientAgreementCreateView.as_view(),
        name="recipient_agreement_create",
    ),
    path("recipients/<uuid:uuid>/stop/", recipients.RecipientStopView.as_view(), name="recipient_stop"),
    path("recipients/<uuid:uuid>/resume/", recipients.RecipientResumeView.as_view(), name="recipient_resume"),
]
