from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from disclosures.own_history import KIND_LABELS, Kind, OwnFilter

_DAY = timedelta(days=1)


class OwnHistoryForm(forms.Form):
    """Which part of their own history a customer looks at; it lives in the address."""

    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("To"), required=False)
    recipient = forms.CharField(label=_("To whom"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("What"), choices=[("", _("Everything")), *KIND_LABELS.items()], required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that runs backwards."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("The last day comes before the first. Correct one of the two days."))
        return data

    def filters(self) -> OwnFilter:
        """Return the filter; of a form that is not valid, the one that lets everything through."""
        data = self.cleaned_data if self.is_valid() else {}
        return OwnFilter(
            from_=data.get("first"),
            to=data["last"] + _DAY if data.get("last") else None,
            recipient=data.get("recipient", "").strip(),
            kind=Kind(data["kind"]) if data.get("kind") else None,
        )


class OwnDownloadForm(OwnHistoryForm):
    """In which form a customer takes their history away."""

    format = forms.ChoiceField(choices=[("csv", "CSV"), ("json", "JSON"), ("pdf", "PDF")])
