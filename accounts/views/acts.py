from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.views.generic import FormView

from accounts.errors import AccountsError


class ActView(FormView):  # type: ignore[type-arg]
    """Do one thing by one service and say so; what the service refuses stands above the form."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            messages.success(self.request, self.act(form.cleaned_data))
        except AccountsError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> str:
        """Call the service; return the sentence that says what was done."""
        raise NotImplementedError
