"""The shape of who acts for a customer: a verified guardian, an agent with a signed permission."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.matching import SignatureCheck
from accounts.models import Account, Act, Customer, Guardianship, IdentityDocument, Role, User, VerificationMethod
from accounts.reasons import ReasonField
from accounts.services import Verification
from protection.evidence import CleanEvidence, check_evidence
from protection.evidence.errors import EvidenceError


class SignInField(forms.EmailField):
    """The e-mail address by which a customer's user signs in; the value is the user."""

    def clean(self, value: Any) -> User:
        email = super().clean(value)
        user = User.objects.filter(email__iexact=email, role=Role.CUSTOMER, is_active=True).first()
        if user is None:
            raise forms.ValidationError(
                _("Nobody signs in to the portal with this address as a customer. Ask the person to sign up first.")
            )
        return user


class ScanField(forms.FileField):
    """A scanned paper, judged by its content and written anew without metadata; the value is CleanEvidence or None."""

    def clean(self, data: Any, initial: Any = None) -> CleanEvidence | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            return check_evidence(upload)
        except EvidenceError as error:
            raise forms.ValidationError(str(error)) from error


class GuardianForm(forms.Form):
    """How staff made sure who a guardian is, and that they agree."""

    guardian = SignInField(label=_("Guardian's e-mail address in this portal"))
    relation = forms.ChoiceField(
        label=_("Relation to the minor"), choices=Guardianship.Relation.choices, widget=forms.RadioSelect
    )
    proof = forms.ChoiceField(label=_("What proves it"), choices=[("", _("Choose")), *Guardianship.Proof.choices])
    identity_document = forms.ChoiceField(
        label=_("Guardian's identity document"),
        choices=[("", _("Choose")), *IdentityDocument.choices],
        help_text=_("Its kind only. Do not note its number, and keep no copy."),
    )
    method = forms.ChoiceField(
        label=_("How you looked at the documents"), choices=VerificationMethod.choices, widget=forms.RadioSelect
    )
    verified_on = forms.DateField(label=_("Checked on"))
    approved_on = forms.DateField(
        label=_("Guardian agreed on"), help_text=_("The day on which they agreed that we hold the minor's data.")
    )
    document = ScanField(label=_("Proof of the relation (scan)"), required=False)

    def terms(self) -> dict[str, Any]:
        """Return what was entered as `link_guardian` takes it."""
        data = dict(self.cleaned_data)
        guardian, evidence = data.pop("guardian"), data.pop("document")
        return {"guardian": guardian, "evidence": evidence, "verification": Verification(**data)}


class OwnerForm(forms.Form):
    """Whose accounts they become when the customer comes of age."""

    owner = SignInField(label=_("The customer's own e-mail address in this portal"))


class AgentForm(forms.Form):
    """A signed permission, as it stands on the paper. Nothing is ticked in advance."""

    agent = SignInField(label=_("Agent's e-mail address in this portal"))
    identity_document = forms.ChoiceField(
        label=_("Agent's identity document"), choices=[("", _("Choose")), *IdentityDocument.choices]
    )
    acts = forms.MultipleChoiceField(
        label=_("What the agent may do, besides seeing data and agreements"),
        choices=[choice for choice in Act.choices if choice[0] != Act.SEE],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    accounts = forms.ModelMultipleChoiceField(
        Account.objects.none(),
        to_field_name="uuid",
        label=_("Only these accounts"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave all empty if the permission is for all accounts, later ones too."),
    )
    valid_from = forms.DateField(label=_("From"))
    valid_to = forms.DateField(label=_("Until"), help_text=_("The first day on which it no longer holds."))
    signed_on = forms.DateField(label=_("Signed on"))
    signer_name = forms.CharField(label=_("Signed by"), max_length=200)
    document = ScanField(label=_("Signed permission (scan)"))
    service_address = forms.CharField(label=_("Service address on the paper"), max_length=300)
    verified_with = forms.CharField(
        label=_("Verified with"),
        max_length=200,
        required=False,
        help_text=_("Needed where name or address differ from the record."),
    )
    verified_on = forms.DateField(label=_("Verified on"), required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accounts"].queryset = customer.accounts.order_by("number")  # type: ignore[attr-defined]

    def terms(self) -> dict[str, Any]:
        """Return what was entered as `authorise_agent` takes it."""
        data = dict(self.cleaned_data)
        check = SignatureCheck(*(data.pop(name) for name in ("service_address", "verified_with", "verified_on")))
        evidence, accounts = data.pop("document"), list(data.pop("accounts"))
        return {**data, "accounts": accounts, "evidence": evidence, "check": check}


class EndForm(forms.Form):
    """Why a right ends that others will ask about."""

    reason = ReasonField(label=_("Reason"), help_text=_("It is kept in the ledger."))
