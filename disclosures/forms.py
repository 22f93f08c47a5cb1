from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient
from accounts.reasons import ReasonField
from consent.models import Purpose
from disclosures.models import Format, LegalBasis
from protection import datamap
from protection.datamap import DataClass

DATA_CLASS_LABELS = {
    DataClass.IDENTITY: _("Identity"),
    DataClass.CONTACT: _("Contact"),
    DataClass.USAGE: _("Usage"),
    DataClass.BILLING: _("Bills"),
}
_DAY = timedelta(days=1)


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields that some purpose may need and that may leave the provider, by their class."""
    needed = {field_id for fields in Purpose.objects.values_list("field_ids", flat=True) for field_id in fields}
    grouped: dict[str, list[tuple[str, str]]] = {}
    for field in datamap.fields(releasable=True):
        if field.id in needed:
            group = str(DATA_CLASS_LABELS.get(field.data_class, field.data_class.value))
            grouped.setdefault(group, []).append((field.id, field.label))
    return list(grouped.items())


class ReleaseForm(forms.Form):
    """What staff ask of the gate for one customer."""

    recipient = forms.ModelChoiceField(
        label=_("Who is to receive the data?"), queryset=Recipient.objects.order_by("legal_name")
    )
    purpose = forms.ModelChoiceField(label=_("What for?"), queryset=Purpose.objects.order_by("name_en"))
    basis = forms.ModelChoiceField(
        label=_("On what legal basis?"),
        queryset=LegalBasis.objects.exclude(kind__in=["own_request", "aggregate"]).order_by("pk"),
    )
    accounts = forms.ModelMultipleChoiceField(
        label=_("Of which accounts?"), queryset=Account.objects.none(), widget=forms.CheckboxSelectMultiple
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

    def __init__(self, *args: Any, customer: Customer, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "data_from": date(today.year - 1, today.month, 1),
            "data_last": today - _DAY,
            "request_uuid": uuid4(),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        accounts = customer.accounts.order_by("opened_on", "pk")
        self.fields["accounts"].queryset = accounts  # type: ignore[attr-defined]
        self.fields["field_ids"].choices = field_choices()  # type: ignore[attr-defined]
        if len(accounts) == 1:
            self.fields["accounts"].initial = list(accounts)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards; the gate judges everything else."""
        data = super().clean() or {}
        first, last = data.get("data_from"), data.get("data_last")
        if first and last and last < first:
            self.add_error("data_last", _("The last day comes before the first. Correct one of the two days."))
        return data
