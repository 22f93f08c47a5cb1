"""What the breach desk fills in."""

import re
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer
from disclosures.models import Breach, BreachDuty, BreachStep, Release
from protection.datamap import DataClass

_CLASSES = {
    DataClass.IDENTITY: _("Identity"),
    DataClass.CONTACT: _("Contact"),
    DataClass.GOVERNMENT_ID: _("Government numbers"),
    DataClass.FINANCIAL: _("Payment"),
    DataClass.USAGE: _("Energy use"),
    DataClass.BILLING: _("Contract and bills"),
    DataClass.CREDENTIAL: _("Sign-in"),
}


class BreachForm(forms.Form):
    """A breach as it is recorded."""

    title = forms.CharField(label=_("What happened, in a few words?"), max_length=200)
    description = forms.CharField(
        label=_("What happened?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The customers read this. Name nobody."),
    )
    data_classes = forms.MultipleChoiceField(
        label=_("Which data?"), choices=list(_CLASSES.items()), widget=forms.CheckboxSelectMultiple
    )
    happened_on = forms.DateField(label=_("Happened on"), required=False, help_text=_("Leave it empty if unknown."))
    detected_on = forms.DateField(label=_("Detected on"), help_text=_("The clocks run from this day."))
    containment = forms.CharField(
        label=_("What was done to contain it?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The customers read this too."),
    )
    jurisdictions = forms.MultipleChoiceField(
        label=_("Where do the customers live?"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = BreachDuty.objects.order_by("jurisdiction").values_list("jurisdiction", flat=True).distinct()
        self.fields["jurisdictions"].choices = [(code, code) for code in known]  # type: ignore[attr-defined]

    def breach(self) -> Breach:
        """Return the breach of a valid form, not yet recorded."""
        return Breach(**self.cleaned_data)


class BreachCustomersForm(forms.Form):
    """Whose data it is: a list of accounts, or everybody whose data went out in one release."""

    account_numbers = forms.CharField(
        label=_("Account numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line, as on the bill."),
    )
    release = forms.UUIDField(
        label=_("Or all customers of one release"), required=False, help_text=_("The release's number in its address.")
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two, and for numbers and releases that exist."""
        data = super().clean() or {}
        numbers = [one for one in re.split(r"[\s,;]+", data.get("account_numbers") or "") if one]
        if bool(numbers) == bool(data.get("release")):
            raise forms.ValidationError(_("Enter account numbers, or the number of one release."))
        known = set(Account.objects.filter(number__in=numbers).values_list("number", flat=True))
        if missing := [one for one in numbers if one not in known]:
            text = _("There is no account %(numbers)s. Enter the numbers as on the bill, one a line.")
            self.add_error("account_numbers", text % {"numbers": ", ".join(missing)})
        if data.get("release") and not Release.objects.filter(uuid=data["release"]).exists():
            self.add_error("release", _("There is no such release. Copy the number from its page's address."))
        return {**data, "numbers": numbers}

    def customers(self) -> QuerySet[Customer]:
        """Return whom a valid form means."""
        data = self.cleaned_data
        if data["numbers"]:
            return Customer.objects.filter(accounts__number__in=data["numbers"]).distinct()
        return Customer.objects.filter(release_lines__release__uuid=data["release"]).distinct()


class BreachStepForm(forms.Form):
    """A step that was taken outside of the portal."""

    what = forms.ChoiceField(
        label=_("What was done?"),
        choices=[
            (BreachStep.What.REGULATOR_TOLD, _("The regulator was told")),
            (BreachStep.What.ATTORNEY_GENERAL_TOLD, _("The attorney general was told")),
            (BreachStep.What.NOTED, _("Something else")),
            (BreachStep.What.CLOSED, _("Everything is done: close the breach")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("How, and where can it be looked up?"), max_length=500)
