from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.generic import UpdateView

from accounts.forms import LanguageForm
from accounts.models import User
from accounts.permissions import SignedInRequired


class SettingsView(SignedInRequired, UpdateView):  # type: ignore[type-arg]
    """Let a signed-in person choose the language, and lead to what guards their sign-in."""

    form_class = LanguageForm
    template_name = "accounts/settings.html"
    success_url = reverse_lazy("accounts:settings")

    def get_object(self, queryset: Any = None) -> User:
        return User.objects.get(pk=self.user.pk)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        language = form.cleaned_data["language"]
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
        )
        with translation.override(language):
            messages.success(self.request, _("Your language is saved."))
        return response
