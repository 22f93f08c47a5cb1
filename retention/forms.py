from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import PROVIDER_ROLES, Account, User
from accounts.reasons import ReasonField
from retention.schedule import holdable


class StartPurgeForm(forms.Form):
    """Why the purge is run by hand."""

    reason = ReasonField(
        label=_("Why do you run it by hand?"),
        help_text=_("Kept in the run and in its certificate."),
    )


class HoldForm(forms.Form):
    """An order to keep data past its time."""

    account_number = forms.CharField(
        label=_("Account number"),
        help_text=_("As on the bill. Leave it empty to hold everybody's data, and say so below."),
        max_length=20,
        required=False,
    )
    scope = forms.ChoiceField(
        label=_("Whose data"),
        choices=[
            ("account", _("This account only")),
            ("customer", _("All accounts of its customer")),
            ("all", _("Every customer")),
        ],
        widget=forms.RadioSelect,
        initial="account",
    )
    retention_classes = forms.MultipleChoiceField(
        label=_("Which data"), choices=holdable, widget=forms.CheckboxSelectMultiple, initial=["readings", "bills"]
    )
    data_from = forms.DateField(label=_("Data from"), help_text=_("Empty: from the oldest on."), required=False)
    data_to = forms.DateField(
        label=_("Data before"), help_text=_("The first day that is no longer held. Empty: without end."), required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=500)
    citation = forms.CharField(
        label=_("Order or rule"), help_text=_("Such as: case number, date and name of the order."), max_length=300
    )
    owner = forms.ModelChoiceField(
        label=_("Responsible person"),
        help_text=_("Who answers for the hold and is reminded of its review."),
        queryset=User.objects.filter(role__in=PROVIDER_ROLES, is_active=True).order_by("name", "pk"),
    )
    review_on = forms.DateField(
        label=_("Review on"), help_text=_("The day on which somebody looks whether the data must still be kept.")
    )
    is_confidential = forms.BooleanField(label=_("The customer must not be told of this hold"), required=False)

    def clean(self) -> dict[str, Any]:
        """Find the account that the number names."""
        data = super().clean() or {}
        number, scope = data.get("account_number", "").strip(), data.get("scope")
        if scope == "all":
            if number:
                self.add_error("account_number", _("Leave the account number empty, or choose one account."))
            return data
        account = Account.objects.select_related("customer").filter(number=number).first()
        if account is None:
            self.add_error("account_number", _("No account has this number. Enter it as on the bill."))
        data["account"] = account
        return data

    def subject(self) -> dict[str, Any]:
        """Return the arguments of `place_hold` that say whose data is held."""
        scope, account = self.cleaned_data["scope"], self.cleaned_data.get("account")
        if scope == "all":
            return {"all_subjects": True}
        return {"account": account} if scope == "account" else {"customer": account.customer if account else None}

    def terms(self) -> dict[str, Any]:
        """Return the other arguments of `place_hold`."""
        return {name: self.cleaned_data[name] for name in self.fields if name not in {"account_number", "scope"}}


class ReleaseForm(forms.Form):
    """Why a hold ends."""

    reason = ReasonField(label=_("Why is the hold released?"))


class RuleForm(forms.Form):
    """Another period for a retention class."""

    months = forms.IntegerField(
        label=_("Months"),
        help_text=_("Counted from the day that starts the clock. Empty: kept as long as the portal runs."),
        min_value=1,
        max_value=1200,
        required=False,
    )
    citation = forms.CharField(label=_("Rule or policy that it rests on"), max_length=300)
    reason = ReasonField(label=_("Reason for the change"))
