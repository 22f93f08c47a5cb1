from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, Customer, Recipient
from accounts.reasons import ReasonField
from consent.models import Purpose
from disclosures.forms import DATA_CLASS_LABELS, field_choices
from disclosures.history import OUTCOME_LABELS, VIA_LABELS, HistoryFilter, Outcome
from disclosures.models import LegalBasis

_DAY = timedelta(days=1)
_ALL = ("", _("All"))


class HistoryFilterForm(forms.Form):
    """Which part of the disclosure history is shown; it lives in the address."""

    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("To"), required=False)
    account = forms.CharField(label=_("Account number"), max_length=20, required=False)
    recipient = forms.ModelChoiceField(
        label=_("Recipient"),
        queryset=Recipient.objects.order_by("legal_name"),
        to_field_name="uuid",
        required=False,
        empty_label=_("All"),
    )
    purpose = forms.ModelChoiceField(
        label=_("Purpose"),
        queryset=Purpose.objects.order_by("name_en"),
        to_field_name="code",
        required=False,
        empty_label=_("All"),
    )
    basis = forms.ModelChoiceField(
        label=_("Legal basis"),
        queryset=LegalBasis.objects.order_by("pk"),
        to_field_name="code",
        required=False,
        empty_label=_("All"),
    )
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[_ALL, *OUTCOME_LABELS.items()], required=False)
    customer = forms.CharField(
        label=_("Customer"), help_text=_("The whole name, or the customer's UUID."), max_length=200, required=False
    )
    actor = forms.CharField(label=_("Asked for by"), max_length=100, required=False)
    via = forms.ChoiceField(label=_("Asked for how"), choices=[_ALL, *VIA_LABELS.items()], required=False)
    jurisdiction = forms.ChoiceField(label=_("Jurisdiction"), required=False)
    data_class = forms.ChoiceField(label=_("Kind of data"), choices=[_ALL, *DATA_CLASS_LABELS.items()], required=False)
    field = forms.ChoiceField(label=_("Data"), required=False)

    FURTHER = ("customer", "actor", "via", "jurisdiction", "data_class", "field")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = LegalBasis.objects.order_by("jurisdiction").values_list("jurisdiction", flat=True).distinct()
        self.fields["jurisdiction"].choices = [_ALL, *((each, each) for each in known)]  # type: ignore[attr-defined]
        self.fields["field"].choices = [_ALL, *field_choices()]  # type: ignore[attr-defined]

    def first_fields(self) -> list[forms.BoundField]:
        """Return the filters that are asked for most."""
        return [self[name] for name in self.fields if name not in self.FURTHER]

    def further_fields(self) -> list[forms.BoundField]:
        """Return the other filters."""
        return [self[name] for name in self.FURTHER]

    @property
    def has_further(self) -> bool:
        """Say whether one of the other filters is set."""
        return any(self.data.get(name) for name in self.FURTHER)

    def clean_customer(self) -> Customer | None:
        """Find the customer by UUID or whole name; a name that several have is an error."""
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        found = list(_customers_called(text).order_by("pk")[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                _("Several customers have this name. Enter the number of an account instead.")
                if found
                else _("No customer has this name. Enter it as on the bill.")
            )
        return found[0]

    def clean_account(self) -> Account | None:
        """Find the account; an unknown number is an error, not an empty list."""
        number = self.cleaned_data["account"].strip()
        if not number:
            return None
        account = Account.objects.filter(number=number).first()
        if account is None:
            raise forms.ValidationError(_("There is no such account. Enter the number as on the bill."))
        return account

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("The last day comes before the first. Correct one of the two days."))
        return data

    def filters(self) -> HistoryFilter:
        """Return the filter of a valid form."""
        data = self.cleaned_data
        return HistoryFilter(
            from_=data["first"],
            to=data["last"] + _DAY if data["last"] else None,
            customer=data["customer"],
            account=data["account"],
            recipient=data["recipient"],
            purpose=data["purpose"],
            basis=data["basis"],
            outcome=Outcome(data["outcome"]) if data["outcome"] else None,
            **{name: data[name].strip() for name in ("jurisdiction", "data_class", "field", "actor", "via")},
        )

    def in_force(self) -> Iterable[tuple[str, str, str]]:
        """Yield name, label and shown value of every filter that is set."""
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if value:
                choices = getattr(field, "choices", ()) if isinstance(value, str) else ()
                yield name, str(field.label), _shown(value, choices)


def _shown(value: object, choices: Iterable[Any]) -> str:
    """Return what people read of a filter's value: the label of a choice, in a group or not."""
    for key, label in choices:
        inner = label if isinstance(label, list | tuple) else [(key, label)]
        for code, text in inner:
            if str(code) == value:
                return str(text)
    return str(value)


def _customers_called(text: str) -> QuerySet[Customer]:
    try:
        return Customer.objects.filter(uuid=UUID(text))
    except ValueError:
        return Customer.objects.filter(name__iexact=text)


class ExportForm(forms.Form):
    """What an export of the history is for."""

    reason = ReasonField(
        label=_("What is the export for?"),
        help_text=_("It stands in the manifest and in the ledger."),
        too_short=_("State in at least ten characters what the export is for."),
    )
    has_workbook = forms.BooleanField(
        label=_("Also as a workbook (XLSX)"),
        help_text=_("It takes several times as long. The table (CSV) opens in any spreadsheet, too."),
        required=False,
    )
    request_uuid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class SavedSearchForm(forms.Form):
    """Under which name a search is kept."""

    name = forms.CharField(label=_("Name of the search"), max_length=100)
