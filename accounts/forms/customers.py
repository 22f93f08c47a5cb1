from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.reasons import ReasonField


class CustomerSearchForm(forms.Form):
    """Words that a customer is looked for by."""

    q = forms.CharField(
        label=_("Name, account number, street, e-mail or telephone"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


class CustomerOpenForm(forms.Form):
    """Why a member of staff needs to see a customer."""

    reason = ReasonField(
        label=_("Why do you need to see this customer's data?"),
        help_text=_("The customer can read this. Name the call, letter or task, such as: Call about the March bill."),
    )
