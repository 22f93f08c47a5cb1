from django import forms

from accounts.models import User


class LanguageForm(forms.ModelForm):  # type: ignore[type-arg]
    """The language in which a user reads the pages and gets mail."""

    class Meta:
        model = User
        fields = ["language"]
        widgets = {"language": forms.RadioSelect}
