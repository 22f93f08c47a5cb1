from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class LanguageForm(forms.ModelForm):  # type: ignore[type-arg]
    """The language in which a user reads the pages and gets mail."""

    class Meta:
        model = User
        fields = ["language"]

    language = forms.ChoiceField(
        label=_("Language"), choices=[("en", "English"), ("es", "Español")], widget=forms.RadioSelect
    )
