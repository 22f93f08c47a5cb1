"""The form of a project that an organization files, one at a time or a line of a file each."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from accounts.models.customers import PHONE
from accounts.plain_text import require_plain
from consent.forms import ConsentErrorsMixin, field_choices
from consent.models import ProjectRequest, Purpose
from consent.request_matching import bare_number
from consent.selectors import fields_covered
from consent.services.requests import ProjectDetails


class RequestPurposeForm(forms.Form):
    """First step: what the data is for, from which it follows what can be asked for."""

    purpose = forms.ModelChoiceField(
        Purpose.objects.secondary().order_by("pk"),
        to_field_name="code",
        label=_("Purpose"),
        empty_label=_("Choose"),
        help_text=_("One purpose for each request: another purpose needs another request."),
        error_messages={"required": _("Choose what you need the data for.")},
    )


class ProjectRequestForm(ConsentErrorsMixin, forms.Form):
    """What an organization files for one project. Every field is required but those that say so."""

    program = forms.CharField(label=_("Program"), max_length=200, help_text=_("Whose funds are to be reserved."))
    project = forms.CharField(label=_("Project"), max_length=200, help_text=_("Your name or number for it."))
    description = forms.CharField(
        label=_("What is to be done, and why the data is needed"), max_length=2000, min_length=10, widget=forms.Textarea
    )
    funds = forms.DecimalField(
        label=_("Funds to be reserved, in dollars"), min_value=0.01, max_digits=12, decimal_places=2
    )
    contact_name = forms.CharField(label=_("Contact person"), max_length=200)
    contact_email = forms.EmailField(label=_("Contact's e-mail address"))
    contact_phone = forms.CharField(
        label=_("Contact's telephone number (optional)"), max_length=30, required=False, validators=[PHONE]
    )
    account_number = forms.CharField(
        label=_("Customer's account number"), max_length=40, help_text=_("As on the customer's bill.")
    )
    customer_name = forms.CharField(label=_("Customer's name"), max_length=200, help_text=_("As on the bill."))
    postal_code = forms.CharField(label=_("ZIP code of the service address"), max_length=20)
    email = forms.EmailField(label=_("Customer's e-mail address (optional)"), required=False)
    phone = forms.CharField(
        label=_("Customer's telephone number (optional)"), max_length=30, required=False, validators=[PHONE]
    )
    field_ids = forms.MultipleChoiceField(
        label=_("Data that you need"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The customer may give less. Tick only what the project cannot do without."),
        error_messages={
            "required": _("Tick at least one kind of data."),
            "invalid_choice": _("This purpose does not cover: %(value)s. Leave it out, or choose another purpose."),
        },
    )
    months_back = forms.IntegerField(
        label=_("Months of data"), min_value=0, max_value=60, help_text=_("How far back the data reaches.")
    )

    def __init__(self, *args: Any, purpose: Purpose, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose
        self.fields["field_ids"].choices = field_choices(fields_covered(purpose))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse signs that no text has, and an account number that cannot be one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("program", "project", "contact_name", "customer_name"):
            if cleaned.get(name):
                try:
                    require_plain(cleaned[name])
                except forms.ValidationError as error:
                    self.add_error(name, error)
        number = cleaned.get("account_number")
        if number and not bare_number(number).isalnum():
            self.add_error("account_number", _("Enter the account number as on the bill."))
        return cleaned

    def details(self) -> ProjectDetails:
        """Return what was entered as `file_project_request` takes it."""
        return ProjectDetails(purpose=self.purpose, **self.cleaned_data)


class RequestUploadForm(forms.Form):
    """A file with a request in each line."""

    upload = forms.FileField(
        label=_("CSV file"),
        error_messages={"required": _("Choose the file.")},
        help_text=_("At most 1 MB, 1,000 lines."),
    )


class RequestMatchForm(forms.Form):
    """Whom a clerk found for a request that matched nobody."""

    account_number = forms.CharField(label=_("Account number"), max_length=40)

    def clean_account_number(self) -> Customer:
        """Return the customer whose account it is."""
        number = bare_number(self.cleaned_data["account_number"])
        customer = Customer.objects.filter(accounts__number=number).first()
        if customer is None:
            raise forms.ValidationError(_("No account has this number. Look the customer up under Customers."))
        return customer


NAMES_OF_COLUMNS: dict[str, str] = {
    "purpose": "purpose",
    "data": "field_ids",
    "months": "months_back",
    **{name: name for name in ("program", "project", "description", "funds")},
    **{name: name for name in ("contact_name", "contact_email", "contact_phone", *ProjectRequest.NAMING)},
}
"""Which input a column of a file stands for. `data` are field ids with a semicolon between them."""
