from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.papers import PaperField
from accounts.models import PROVIDER_ROLES, Recipient, Role
from accounts.reasons import ReasonField


class PersonFilterForm(forms.Form):
    """Which users the list shows."""

    q = forms.CharField(label=_("Name or e-mail"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("All roles")), *Role.choices], required=False)


class AgreementForm(forms.Form):
    """A signed confidentiality agreement and the days on which it holds."""

    title = forms.CharField(label=_("Title of the agreement"), max_length=200)
    document = PaperField(label=_("The signed agreement"), required=False)
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


class InvitationForm(forms.Form):
    """Whom to give a sign-in, and as what."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), help_text=_("The link to choose a password goes there."))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[choice for choice in Role.choices if choice[0] != Role.CUSTOMER],
        widget=forms.RadioSelect,
    )
    recipient = forms.ModelChoiceField(
        label=_("Recipient"),
        queryset=Recipient.objects.order_by("legal_name"),
        required=False,
        help_text=_("Only for a recipient's user: the organization that they sign in for."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("en", "English"), ("es", "Español")])

    def clean(self) -> dict[str, Any]:
        """Ask for the recipient of a recipient's user, and of nobody else."""
        data = super().clean() or {}
        if data.get("role") == Role.RECIPIENT and not data.get("recipient"):
            self.add_error("recipient", _("Choose the organization that they sign in for."))
        if data.get("role") in PROVIDER_ROLES and data.get("recipient"):
            self.add_error("recipient", _("Leave this empty for the provider's own people."))
        return data


class RoleForm(forms.Form):
    """Which of the provider's roles somebody has from now on, and why."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[choice for choice in Role.choices if choice[0] in PROVIDER_ROLES]
    )
    reason = ReasonField(label=_("Reason"), help_text=_("It is kept in the ledger."))


class ReasonForm(forms.Form):
    """Why something is done that others will ask about."""

    reason = ReasonField(
        label=_("Reason"),
        help_text=_("It is kept in the ledger."),
    )
