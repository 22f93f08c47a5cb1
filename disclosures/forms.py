from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient
from accounts.reasons import ReasonField
from consent.models import Purpose
from disclosures.cohorts import AccountList, Cohort, read_account_list
from disclosures.models import Channel, Format, LegalBasis
from disclosures.requesters import Requester
from protection import datamap
from protection.datamap import DataClass

DATA_CLASS_LABELS = {
    DataClass.IDENTITY: _("Identity"),
    DataClass.CONTACT: _("Contact"),
    DataClass.USAGE: _("Usage"),
    DataClass.BILLING: _("Bills"),
}
_DAY = timedelta(days=1)
_ASKED_FIRST = ("recipient", "purpose", "basis", "field_ids", "data_from", "data_last", "format", "reason", "document")


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields that some purpose may need and that may leave the provider, by their class."""
    needed = {field_id for fields in Purpose.objects.values_list("field_ids", flat=True) for field_id in fields}
    grouped: dict[str, list[tuple[str, str]]] = {}
    for field in datamap.fields(releasable=True):
        if field.id in needed:
            group = str(DATA_CLASS_LABELS.get(field.data_class, field.data_class.value))
            grouped.setdefault(group, []).append((field.id, field.label))
    return list(grouped.items())


class RequesterFields(forms.Form):
    """Who asks for the recipient; the gate says when it has to be known."""

    requester_name = forms.CharField(
        label=_("Who asks?"),
        required=False,
        max_length=200,
        help_text=_("Name and office of the person. Needed for legal process, agencies and emergencies."),
    )
    authority = forms.CharField(
        label=_("On what authority?"),
        required=False,
        max_length=300,
        help_text=_("The statute, the order or its number."),
    )
    delivery_address = forms.CharField(label=_("Where is the data to go?"), required=False, max_length=300)
    channel = forms.ChoiceField(label=_("How was it asked for?"), choices=Channel.choices, required=False)
    call_back = forms.CharField(
        label=_("Note on calling back"),
        required=False,
        max_length=300,
        help_text=_("For a request by telephone: the published number called, when, and who answered."),
    )

    def requester(self) -> Requester | None:
        """Return who asks, as a valid form says it; None where nothing is filled in."""
        data = self.cleaned_data
        said = {
            "name": data["requester_name"],
            "authority": data["authority"],
            "delivery_address": data["delivery_address"],
            "call_back": data["call_back"],
        }
        is_by_call = data["channel"] == Channel.TELEPHONE
        if not any(said.values()) and not is_by_call:
            return None
        return Requester(channel=data["channel"] or Channel.WRITTEN, **said)


class TermsForm(RequesterFields):
    """What goes to whom, what for, on what basis: what every request to the gate says."""

    recipient = forms.ModelChoiceField(
        label=_("Who is to receive the data?"), queryset=Recipient.objects.order_by("legal_name")
    )
    purpose = forms.ModelChoiceField(label=_("What for?"), queryset=Purpose.objects.order_by("name_en"))
    basis = forms.ModelChoiceField(
        label=_("On what legal basis?"),
        queryset=LegalBasis.objects.in_force()
        .exclude(kind__in=["own_request", "aggregate", "legal_process"])
        .order_by("pk"),
    )
    field_ids = forms.MultipleChoiceField(label=_("Which data?"), widget=forms.CheckboxSelectMultiple)
    data_from = forms.DateField(label=_("First day of the data"))
    data_last = forms.DateField(label=_("Last day of the data"))
    format = forms.ChoiceField(label=_("Format"), choices=Format.choices)
    reason = ReasonField(
        label=_("Why now?"),
        help_text=_(
            "The customer can read this. Name the request, program or order, such as: Home audit of June 2026."
        ),
        too_short=_("State in at least ten characters why the data is needed."),
    )
    document = forms.FileField(
        label=_("The order, subpoena or request"),
        required=False,
        help_text=_("Only for a basis that rests on a document. PDF, JPEG, PNG or TIFF."),
    )
    notice_served_on = forms.DateField(
        label=_("Customer told of the demand on"), required=False, help_text=_("Only for a subpoena after notice.")
    )
    request_uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "data_from": date(today.year - 1, today.month, 1),
            "data_last": today - _DAY,
            "request_uuid": uuid4(),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        self.fields["field_ids"].choices = field_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards; the gate judges everything else."""
        data = super().clean() or {}
        first, last = data.get("data_from"), data.get("data_last")
        if first and last and last < first:
            self.add_error("data_last", _("The last day comes before the first. Correct one of the two days."))
        return data

    def terms(self) -> dict[str, Any]:
        """Return what a ReleaseRequest takes of a valid form, the document and whose data it is apart."""
        data = self.cleaned_data
        same = ("recipient", "purpose", "basis", "data_from", "format", "reason", "notice_served_on")
        return {
            **{name: data[name] for name in same},
            "field_ids": tuple(data["field_ids"]),
            "data_to": data["data_last"] + _DAY,
            "requester": self.requester(),
        }


class ReleaseForm(TermsForm):
    """What staff ask of the gate for one customer."""

    accounts = forms.ModelMultipleChoiceField(
        label=_("Of which accounts?"), queryset=Account.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    field_order = (*_ASKED_FIRST[:3], "accounts", *_ASKED_FIRST[3:])

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = customer.accounts.order_by("opened_on", "pk")
        self.fields["accounts"].queryset = accounts  # type: ignore[attr-defined]
        if len(accounts) == 1:
            self.fields["accounts"].initial = list(accounts)


class CohortForm(TermsForm):
    """What staff propose to release of many customers, and by what these are chosen."""

    account_list = forms.FileField(
        label=_("List of account numbers"),
        required=False,
        help_text=_("A text or CSV file with one account number a line. Leave it out to choose among all accounts."),
    )
    leave_unknown = forms.BooleanField(label=_("Leave out numbers that are not found"), required=False)
    customer_class = forms.ChoiceField(
        label=_("Customer class"), choices=[("", _("All")), *Account.CustomerClass.choices], required=False
    )
    climate_zone = forms.CharField(label=_("Climate zone"), max_length=20, required=False)
    open_on = forms.DateField(label=_("Account open on"), required=False)
    is_consented = forms.BooleanField(
        label=_("Only who agreed to this recipient and purpose"),
        required=False,
    )
    is_nightly = forms.BooleanField(
        label=_("Every night from now on (standing feed)"),
        required=False,
        help_text=_(
            "Each night covers as many days as the period here, up to the day before, of accounts open then."
            " Only on consent or under contract."
        ),
    )
    field_order = (
        *_ASKED_FIRST[:3],
        *("account_list", "leave_unknown", "customer_class", "climate_zone", "open_on", "is_consented"),
        *_ASKED_FIRST[3:6],
        "is_nightly",
        *_ASKED_FIRST[6:],
    )
    listed: AccountList | None = None

    def clean_account_list(self) -> Any:
        """Read the list; what is not text is refused."""
        upload = self.cleaned_data["account_list"]
        if upload is None:
            return None
        try:
            lines = upload.read().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("The list is not text. Save it as CSV or plain text.")) from error
        self.listed = read_account_list(lines)
        if not self.listed.account_ids:
            raise forms.ValidationError(_("None of the numbers is an account. Enter them as on the bill, one a line."))
        return upload

    def clean(self) -> dict[str, Any]:
        """Have unknown numbers left out only where that is said."""
        data = super().clean()
        if self.listed and self.listed.unknown and not data.get("leave_unknown"):
            self.add_error(
                "leave_unknown",
                _("The list has numbers that are not found; they stand above. Correct it, or have them left out."),
            )
        return data

    def cohort(self) -> Cohort:
        """Return by what the customers of a valid form are chosen."""
        data = self.cleaned_data
        return Cohort(
            account_ids=self.listed.account_ids if self.listed else None,
            customer_class=data["customer_class"],
            climate_zone=data["climate_zone"].strip(),
            open_on=data["open_on"],
            is_consented=data["is_consented"],
        )


class RejectionForm(forms.Form):
    """Why a proposed release is rejected."""

    reason = ReasonField(label=_("Why do you reject it?"))


class FeedStepForm(forms.Form):
    """Why a standing feed is paused, resumed or ended."""

    reason = ReasonField(label=_("Why?"))


class FeedStopForm(FeedStepForm):
    """For whom a standing feed is stopped, and why."""

    account = forms.CharField(label=_("Account number of the customer"), max_length=40)
    field_order = ("account", "reason")

    def clean_account(self) -> Customer:
        """Return whose account it is."""
        account = Account.objects.select_related("customer").filter(number=self.cleaned_data["account"].strip()).first()
        if account is None:
            raise forms.ValidationError(_("There is no account of this number. Enter it as on the bill."))
        return account.customer
