"""The shape of agreeing in the portal: what the desk offers, what a customer chooses of it, how they sign."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from consent.forms import (
    METER_CHOICES,
    ConsentErrorsMixin,
    after,
    check_meters,
    field_choices,
    meter_choices,
)
from consent.models import Offer, Purpose
from consent.selectors import fields_covered
from consent.statement import intent
from protection.clock import provider_today


class AgreementForm(ConsentErrorsMixin, forms.Form):
    """What a customer chooses of what an organization asks for. Nothing is ticked in advance."""

    field_ids = forms.MultipleChoiceField(
        label=_("Data that may be given"),
        help_text=_("Tick only what you want to give. You need not give all that is asked for."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one kind of data, or decline.")},
    )
    meters = forms.ChoiceField(
        label=_("Meters"),
        choices=METER_CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether it is for all meters.")},
    )
    usage_points = forms.MultipleChoiceField(
        label=_("Which meters"), required=False, widget=forms.CheckboxSelectMultiple
    )
    data_from = forms.DateField(
        label=_("Data from"),
        help_text=_("The first day of the data. This is what is asked for; choose a later day to give less."),
        error_messages={"required": _("Enter the first day of the data that may be given.")},
    )
    data_last = forms.DateField(
        label=_("Data until"),
        required=False,
        help_text=_("The last day of the data. Leave it empty if later data may be given too."),
    )
    permission_last = forms.DateField(
        label=_("Permission until"),
        required=False,
        help_text=_("After this day we give nothing more. Leave it empty, and it runs until you withdraw it."),
    )

    def __init__(self, *args: Any, offer: Offer, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = tuple(field for field in fields_covered(offer.purpose) if field.id in offer.field_ids)
        self.fields["field_ids"].choices = field_choices(asked)  # type: ignore[attr-defined]
        self.fields["usage_points"].choices = meter_choices(customer)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse periods that are empty, chosen meters without a choice, and a choice beside all of them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        check_meters(self)
        first, last = cleaned.get("data_from"), cleaned.get("data_last")
        if first and last and last < first:
            self.add_error("data_last", _("The last day of the data must not come before the first."))
        ends = cleaned.get("permission_last")
        if ends and ends < provider_today():
            self.add_error("permission_last", _("Choose today or a later day."))
        return cleaned

    def terms(self) -> dict[str, Any]:
        """Return what was chosen as `serve_agreement` takes it."""
        data = self.cleaned_data
        return {
            "field_ids": data["field_ids"],
            "usage_point_ids": [int(point) for point in data["usage_points"]],
            "data_from": data["data_from"],
            "data_to": after(data["data_last"]),
            "permission_to": after(data["permission_last"]),
        }


class SignatureForm(ConsentErrorsMixin, forms.Form):
    """The act of signing: intent, ticked by the signer alone, and the name."""

    is_meant = forms.BooleanField(error_messages={"required": _("Tick this if you agree, or decline.")})
    typed_name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        help_text=_("Type your full name. It is your signature."),
        error_messages={"required": _("Type your name to sign.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_meant"].label = intent()


class OfferForm(ConsentErrorsMixin, forms.Form):
    """What an organization may ask customers for in the portal."""

    field_ids = forms.MultipleChoiceField(
        label=_("Data that is asked for"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one kind of data.")},
    )
    months_back = forms.IntegerField(
        label=_("Months of data"), min_value=0, max_value=120, initial=12, help_text=_("How far back the data reaches.")
    )
    project = forms.CharField(label=_("Project"), max_length=200, required=False)

    def __init__(self, *args: Any, purpose: Purpose, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field_ids"].choices = field_choices(fields_covered(purpose))  # type: ignore[attr-defined]
