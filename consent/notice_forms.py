"""The shape of what administrators enter about notices and purposes."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Recipient
from accounts.reasons import ReasonField
from consent.forms import ConsentErrorsMixin, field_choices
from consent.models import Notice, Purpose, PurposeChange
from consent.services import PurposeTerms, Words
from protection import datamap

_LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


class NoticeForm(ConsentErrorsMixin, forms.Form):
    """What a draft says in both languages, and from when on. A half-written draft can be kept."""

    effective_from = forms.DateField(
        label=_("Takes effect on"),
        help_text=_("Today or later. What it announces counts from this day on."),
        error_messages={"required": _("Enter the day on which it takes effect.")},
    )
    asks_anew = forms.BooleanField(
        label=_("Ask everybody for their consent anew"),
        help_text=_("Tick it only where the form says something so different that earlier consents cannot stand."),
        required=False,
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    body_en = forms.CharField(
        label=_("Text in English"),
        help_text=_("A blank line begins a paragraph. The lists are added below by themselves."),
        widget=forms.Textarea(attrs={"rows": 18, "lang": "en"}),
        required=False,
    )
    title_es = forms.CharField(label=_("Title in Spanish"), max_length=200, required=False)
    body_es = forms.CharField(
        label=_("Text in Spanish"), widget=forms.Textarea(attrs={"rows": 18, "lang": "es"}), required=False
    )

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        initial = {"effective_from": notice.effective_from, "asks_anew": notice.asks_anew}
        for text in notice.texts.all():
            initial |= {f"title_{text.language}": text.title, f"body_{text.language}": text.body}
        super().__init__(*args, **{**kwargs, "initial": initial})
        if notice.kind != Notice.Kind.CONSENT_FORM:
            del self.fields["asks_anew"]
        for code in _LANGUAGES:
            self.fields[f"title_{code}"].widget.attrs["lang"] = code

    @property
    def words(self) -> dict[str, Words]:
        """Return what was written, by language."""
        data = self.cleaned_data
        return {code: Words(data[f"title_{code}"], data[f"body_{code}"]) for code in _LANGUAGES}


class ReasonForm(ConsentErrorsMixin, forms.Form):
    """Why something is submitted or sent back."""

    reason = ReasonField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}))


class PurposeForm(ConsentErrorsMixin, forms.Form):
    """What a purpose is to say. Nothing is ticked that the purpose does not have today."""

    code = forms.RegexField(
        r"^[a-z][a-z_]*$",
        label=_("Short name"),
        help_text=_("Small letters and underscores, such as solar_quote. It cannot be changed later."),
        max_length=60,
        error_messages={"invalid": _("Use small letters and underscores only, beginning with a letter.")},
    )
    is_secondary = forms.TypedChoiceField(
        label=_("Kind"),
        choices=[("yes", _("Only with the customer's written consent")), ("no", _("Needed for the service itself"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    name_en = forms.CharField(label=_("Name in English"), max_length=200)
    name_es = forms.CharField(label=_("Name in Spanish"), max_length=200)
    description_en = forms.CharField(label=_("Description in English"), widget=forms.Textarea(attrs={"rows": 3}))
    description_es = forms.CharField(label=_("Description in Spanish"), widget=forms.Textarea(attrs={"rows": 3}))
    field_ids = forms.MultipleChoiceField(
        label=_("Data that the purpose needs"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick the data that the purpose needs.")},
    )
    recipient_kinds = forms.MultipleChoiceField(
        label=_("Organizations that may get it"),
        choices=Recipient.Kind.choices,
        help_text=_("None ticked: every kind that the notice names."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    typical_months = forms.IntegerField(
        label=_("Months for which the data is typically used"),
        help_text=_("Empty: as long as the service or the consent lasts."),
        min_value=1,
        max_value=1200,
        required=False,
    )
    reason = ReasonField(label=_("Reason for the change"))

    def __init__(self, *args: Any, purpose: Purpose | PurposeChange | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = datamap.fields(releasable=True)
        self.fields["field_ids"].choices = field_choices(fields)  # type: ignore[attr-defined]
        if purpose is not None:
            del self.fields["code"], self.fields["is_secondary"]
            self.initial = {name: getattr(purpose, name) for name in self.fields if name != "reason"}

    @property
    def terms(self) -> PurposeTerms:
        """Return what was entered, as the services take it."""
        data = self.cleaned_data
        names = ("name_en", "name_es", "description_en", "description_es", "field_ids", "recipient_kinds")
        return PurposeTerms(typical_months=data["typical_months"], **{name: data[name] for name in names})
