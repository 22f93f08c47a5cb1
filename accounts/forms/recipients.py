from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.papers import PaperField
from accounts.models import (
    Clause,
    OnwardRecipient,
    Recipient,
    RecipientContact,
    RecipientIncident,
    RecipientSite,
    ReturnCertificate,
)
from accounts.plain_text import require_plain
from accounts.reasons import ReasonField
from accounts.services import Finding

_DETAILS = ["legal_name", "trade_name", "kind", "email", "phone", "postal_address", "registered_address"]


class RecipientFilterForm(forms.Form):
    """Which recipients the list shows."""

    q = forms.CharField(label=_("Name, address or contact"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All kinds")), *Recipient.Kind.choices], required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            ("", _("All")),
            ("bound", _("Agreement in force")),
            ("unbound", _("No agreement in force")),
            ("stopped", _("Stopped")),
            ("incident", _("With an open incident")),
        ],
        required=False,
    )


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]
    """An organization that may receive data."""

    class Meta:
        model = Recipient
        fields = _DETAILS
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("postal_address", "registered_address")}

    def clean_legal_name(self) -> str:
        """Refuse a name with characters that nobody sees."""
        return require_plain(self.cleaned_data["legal_name"])


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody to write to at a recipient."""

    class Meta:
        model = RecipientContact
        fields = ["part", "name", "email", "phone"]


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """An address to which customers may be handed over."""

    class Meta:
        model = RecipientSite
        fields = ["label", "address"]


class OnwardRecipientForm(forms.ModelForm):  # type: ignore[type-arg]
    """A firm to which a recipient passes data on."""

    class Meta:
        model = OnwardRecipient
        fields = ["name", "task", "data", "terms", "since"]


class IncidentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something that went wrong at a recipient."""

    class Meta:
        model = RecipientIncident
        fields = ["title", "description", "happened_on", "reported_on", "reported_by"]


class OutcomeForm(forms.Form):
    """What became of an incident."""

    outcome = ReasonField(
        label=_("What was found and done?"),
        widget=forms.Textarea(attrs={"rows": 5}),
        too_short=_("Say what was done and found, in at least ten characters."),
    )


class ClauseForm(forms.Form):
    """Which clauses stand in an agreement, and where."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for clause in Clause:
            self.fields[clause.value] = forms.ChoiceField(
                label=clause.label, choices=[("yes", _("Yes")), ("no", _("No"))], widget=forms.RadioSelect
            )
            self.fields[f"{clause.value}_place"] = forms.CharField(
                label=_("Where in the document?"), help_text=_("Page or section."), max_length=200, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Ask where a clause stands that was found."""
        data = super().clean() or {}
        for clause in Clause:
            if data.get(clause.value) == "yes" and not data.get(f"{clause.value}_place", "").strip():
                self.add_error(f"{clause.value}_place", _("Say where in the document the clause stands."))
        return data

    def findings(self) -> dict[str, Finding]:
        """Return what was found, by the clause's code."""
        data = self.cleaned_data
        return {clause.value: Finding(data[clause.value] == "yes", data[f"{clause.value}_place"]) for clause in Clause}


class EndingForm(forms.Form):
    """When an agreement ends before its last day, and why."""

    valid_to = forms.DateField(label=_("First day on which it no longer holds"), help_text=_("Today ends it at once."))
    reason = ReasonField(label=_("Reason"), help_text=_("It is kept in the ledger."))


class CertificateForm(forms.Form):
    """A recipient's certificate that the data is gone."""

    what = forms.ChoiceField(
        label=_("What was done with the data?"), choices=ReturnCertificate.What.choices, widget=forms.RadioSelect
    )
    done_on = forms.DateField(label=_("Done on"))
    signer_name = forms.CharField(label=_("Signed by"), max_length=200)
    document = PaperField(label=_("The signed certificate"))
