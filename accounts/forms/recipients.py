from django import forms

from accounts.models import Recipient


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]
    """An organization that may receive data."""

    class Meta:
        model = Recipient
        fields = ["legal_name", "trade_name", "kind", "email", "phone", "postal_address"]
