from typing import Any

from django import forms
from django.db.models import Field
from django.utils.translation import gettext_lazy as _

from accounts.errors import FieldValueError
from accounts.models import STATEMENT_LENGTH, Account, Customer, FieldConflict
from accounts.reasons import ReasonField
from accounts.services import clean_value
from protection import datamap
from protection.fields import SealedTextField
from rights.models import RightsRequest


class CorrectionForm(forms.Form):
    """The right value of one declared field, with the widget and the rules of its model field."""

    def __init__(
        self, *args: Any, row: Customer | Account, declaration: datamap.FieldDeclaration, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._row, self._declaration = row, declaration
        self.fields = {
            "value": _value_field(row, declaration),
            "reason": _reason_field(),
            "evidence": _evidence_field(),
        }

    def clean_value(self) -> Any:
        """Let the model's field judge the value."""
        try:
            return clean_value(self._row, self._declaration.attribute, self.cleaned_data["value"])
        except FieldValueError as error:
            raise forms.ValidationError(str(error)) from error


def _value_field(row: Customer | Account, declaration: datamap.FieldDeclaration) -> forms.Field:
    column = row._meta.get_field(declaration.attribute)
    if isinstance(column, SealedTextField):
        return forms.CharField(label=declaration.label, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    assert isinstance(column, Field)
    field = column.formfield(label=declaration.label)
    if field is None:
        raise TypeError(f"{declaration.id} has no form field.")
    return field


def _reason_field() -> forms.Field:
    return forms.CharField(
        label=_("What is wrong with the present value?"), max_length=1000, required=False, widget=forms.Textarea
    )


def _evidence_field() -> forms.Field:
    return forms.FileField(
        label=_("A document that shows it"),
        required=False,
        help_text=_("A PDF, or a photograph as JPEG or PNG. It is encrypted, and only who decides can open it."),
    )


class DisagreementForm(forms.Form):
    """Why a customer disagrees with a value that was not corrected."""

    statement = forms.CharField(
        label=_("Why do you disagree with this value?"),
        max_length=STATEMENT_LENGTH,
        widget=forms.Textarea,
        help_text=_("At most 300 words. Whoever receives this value from us receives these words with it."),
    )


class RequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a customer asks for."""

    class Meta:
        model = RightsRequest
        fields = ["kind", "text"]
        widgets = {"text": forms.Textarea}

    kind = forms.ChoiceField(
        label=_("Kind of request"),
        choices=RightsRequest.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you ask for.")},
    )


class LineRequestForm(forms.Form):
    """A question or a complaint about one line of the disclosure history."""

    kind = forms.ChoiceField(
        label=_("What is it?"),
        choices=[
            (RightsRequest.Kind.INQUIRY, _("I have a question")),
            (RightsRequest.Kind.COMPLAINT, _("I do not agree with it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is.")},
    )
    text = forms.CharField(label=_("What do you want to tell us?"), max_length=10_000, widget=forms.Textarea)


class StopForm(forms.Form):
    """Why a recipient gets nothing more."""

    reason = ReasonField(
        label=_("Why is it stopped?"),
        help_text=_("It stands in the ledger, and the people who look after recipients read it."),
    )


class DecisionForm(forms.Form):
    """Accept or refuse a correction."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("accept", _("Accept, and write the new value")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed for a refusal. The customer reads it."),
        max_length=1000,
        required=False,
        widget=forms.Textarea,
    )


class AnswerForm(forms.Form):
    """The answer to a request."""

    answer = forms.CharField(
        label=_("Answer"), help_text=_("The customer reads it."), max_length=10_000, widget=forms.Textarea
    )


class ConflictForm(forms.Form):
    """Keep the customer's value or take the feed's."""

    resolution = forms.ChoiceField(
        label=_("Decision"), choices=FieldConflict.Resolution.choices, widget=forms.RadioSelect
    )


class QueueFilterForm(forms.Form):
    """Which cases the queue shows."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("All kinds")),
            ("correction", _("Corrections")),
            ("request", _("Requests")),
            ("conflict", _("Conflicts with a feed")),
        ],
    )
    overdue = forms.BooleanField(label=_("Only overdue"), required=False)
