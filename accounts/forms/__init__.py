from accounts.forms.customers import CustomerOpenForm, CustomerSearchForm
from accounts.forms.people import AgreementForm, PersonFilterForm, ReasonForm
from accounts.forms.recipients import RecipientForm
from accounts.forms.settings import LanguageForm

__all__ = [
    "AgreementForm",
    "CustomerOpenForm",
    "CustomerSearchForm",
    "LanguageForm",
    "PersonFilterForm",
    "ReasonForm",
    "RecipientForm",
]
