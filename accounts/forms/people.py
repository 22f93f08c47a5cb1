from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.reasons import ReasonField


class PersonFilterForm(forms.Form):
    """Which users the list shows."""

    q = forms.CharField(label=_("Name or e-mail"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("All roles")), *Role.choices], required=False)


class AgreementForm(forms.Form):
    """A signed confidentiality agreement and the days on which it holds."""

    title = forms.CharField(label=_("Title of the agreement"), max_length=200)
    signed_on = forms.DateField(label=_("Signed on"))
    valid_from = forms.DateField(label=_("In force from"))
    valid_to = forms.DateField(
        label=_("In force until"),
        required=False,
        help_text=_("The first day on which it no longer holds. Leave empty for an agreement without an end."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        data = super().clean() or {}
        begins, ends = data.get("valid_from"), data.get("valid_to")
        if begins and ends and ends <= begins:
            self.add_error("valid_to", _("The agreement must end after it begins. Correct one of the two days."))
        return data


class ReasonForm(forms.Form):
    """Why something is done that others will ask about."""

    reason = ReasonField(
        label=_("Reason"),
        help_text=_("It is kept in the ledger."),
    )
