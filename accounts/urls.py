from django.urls import path

from accounts.models import OnwardRecipient, RecipientContact, RecipientSite
from accounts.views import agreements, customers, dealings, delegates, own, people, recipients, settings

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
    path("my-data/people/", delegates.OwnDelegatesView.as_view(), name="own_delegates"),
    path("my-data/people/<uuid:uuid>/revoke/", delegates.OwnAgentRevokeView.as_view(), name="own_agent_revoke"),
    path("customers/<uuid:uuid>/delegates/", delegates.DelegateListView.as_view(), name="delegate_list"),
    path("customers/<uuid:uuid>/guardians/new/", delegates.GuardianCreateView.as_view(), name="guardian_create"),
    path("customers/<uuid:uuid>/guardians/owner/", delegates.OwnerCreateView.as_view(), name="owner_create"),
    path(
        "customers/<uuid:uuid>/guardians/<uuid:guardianship>/end/",
        delegates.GuardianshipEndView.as_view(),
        name="guardianship_end",
    ),
    path("customers/<uuid:uuid>/agents/new/", delegates.AgentCreateView.as_view(), name="agent_create"),
    path(
        "customers/<uuid:uuid>/agents/<uuid:authorization>/revoke/",
        delegates.AgentRevokeView.as_view(),
        name="agent_revoke",
    ),
    path("people/", people.PersonListView.as_view(), name="people"),
    path("people/new/", people.PersonInviteView.as_view(), name="person_invite"),
    path("people/<uuid:uuid>/", people.PersonDetailView.as_view(), name="person_detail"),
    path("people/<uuid:uuid>/agreements/new/", people.AgreementCreateView.as_view(), name="agreement_create"),
    path(
        "people/<uuid:uuid>/agreements/<int:number>/document/",
        agreements.PersonPaperView.as_view(),
        name="agreement_document",
    ),
    path("people/<uuid:uuid>/invite/", people.PersonInviteAgainView.as_view(), name="person_invite_again"),
    path("people/<uuid:uuid>/role/", people.PersonRoleView.as_view(), name="person_role"),
    path("people/<uuid:uuid>/deactivate/", people.PersonDeactivateView.as_view(), name="person_deactivate"),
    path("people/<uuid:uuid>/reactivate/", people.PersonReactivateView.as_view(), name="person_reactivate"),
    path("our-agreements/", own.OwnAgreementListView.as_view(), name="own_agreements"),
    path("our-agreements/<uuid:uuid>/document/", own.OwnAgreementPaperView.as_view(), name="own_agreement_document"),
    path(
        "our-agreements/notices/<uuid:uuid>/acknowledge/",
        own.NoticeAcknowledgeView.as_view(),
        name="notice_acknowledge",
    ),
    path("recipients/", recipients.RecipientListView.as_view(), name="recipient_list"),
    path("recipients/new/", recipients.RecipientCreateView.as_view(), name="recipient_create"),
    path("recipients/<uuid:uuid>/change/", recipients.RecipientChangeView.as_view(), name="recipient_change"),
    path("recipients/<uuid:uuid>/contacts/new/", dealings.ContactCreateView.as_view(), name="contact_create"),
    path(
        "recipients/contacts/<uuid:uuid>/remove/",
        dealings.DealingRemoveView.as_view(model=RecipientContact),
        name="contact_remove",
    ),
    path("recipients/<uuid:uuid>/sites/new/", dealings.SiteCreateView.as_view(), name="site_create"),
    path(
        "recipients/sites/<uuid:uuid>/remove/",
        dealings.DealingRemoveView.as_view(model=RecipientSite),
        name="site_remove",
    ),
    path("recipients/<uuid:uuid>/onward/new/", dealings.OnwardRecipientCreateView.as_view(), name="onward_create"),
    path(
        "recipients/onward/<uuid:uuid>/remove/",
        dealings.DealingRemoveView.as_view(model=OnwardRecipient),
        name="onward_remove",
    ),
    path("recipients/<uuid:uuid>/incidents/new/", dealings.IncidentCreateView.as_view(), name="incident_create"),
    path("recipients/incidents/<uuid:uuid>/", dealings.IncidentCloseView.as_view(), name="incident_detail"),
    path(
        "recipients/agreements/<uuid:uuid>/",
        agreements.RecipientAgreementDetailView.as_view(),
        name="recipient_agreement",
    ),
    path("recipients/agreements/<uuid:uuid>/clauses/", agreements.ClauseCheckView.as_view(), name="clause_check"),
    path("recipients/agreements/<uuid:uuid>/end/", agreements.AgreementEndView.as_view(), name="agreement_end"),
    path(
        "recipients/agreements/<uuid:uuid>/certificate/new/",
        agreements.CertificateCreateView.as_view(),
        name="certificate_create",
    ),
    path(
        "recipients/agreements/<uuid:uuid>/document/",
        agreements.RecipientPaperView.as_view(),
        {"paper": "agreement"},
        name="recipient_agreement_document",
    ),
    path(
        "recipients/agreements/<uuid:uuid>/certificate/",
        agreements.RecipientPaperView.as_view(),
        {"paper": "certificate"},
        name="certificate_document",
    ),
    path(
        "recipients/<uuid:uuid>/agreements/new/",
        agreements.RecipientAgreementCreateView.as_view(),
        name="recipient_agreement_create",
    ),
    path("recipients/<uuid:uuid>/stop/", recipients.RecipientStopView.as_view(), name="recipient_stop"),
    path("recipients/<uuid:uuid>/resume/", recipients.RecipientResumeView.as_view(), name="recipient_resume"),
]
