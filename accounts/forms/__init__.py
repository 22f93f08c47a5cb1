from accounts.forms.customers import CustomerOpenForm, CustomerSearchForm
from accounts.forms.papers import PaperField, seal_paper
from accounts.forms.people import AgreementForm, InvitationForm, PersonFilterForm, ReasonForm, RoleForm
from accounts.forms.recipients import (
    CertificateForm,
    ClauseForm,
    ContactForm,
    EndingForm,
    IncidentForm,
    OnwardRecipientForm,
    OutcomeForm,
    RecipientFilterForm,
    RecipientForm,
    SiteForm,
)
from accounts.forms.settings import LanguageForm

__all__ = [
    "AgreementForm",
    "CertificateForm",
    "ClauseForm",
    "ContactForm",
    "CustomerOpenForm",
    "CustomerSearchForm",
    "EndingForm",
    "IncidentForm",
    "InvitationForm",
    "LanguageForm",
    "OnwardRecipientForm",
    "OutcomeForm",
    "PaperField",
    "PersonFilterForm",
    "ReasonForm",
    "RecipientFilterForm",
    "RecipientForm",
    "RoleForm",
    "SiteForm",
    "seal_paper",
]
