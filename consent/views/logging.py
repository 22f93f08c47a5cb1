"""A clerk with a stack of paper: whose form it is, then what was signed, then the next; hands stay on the keyboard.

The form itself is the one of `ConsentCreateView`; here is what comes before it and after it.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from accounts.errors import NotAllowedError
from accounts.permissions import BoundStaffRequired, can_see_customer
from accounts.services import open_customer
from consent.errors import ConsentError
from consent.forms import ConsentLogForm
from consent.models import ConsentVersion
from consent.services import UNDO_WITHIN, undo_grant
from consent.views.desk import OpenedConsentMixin
from protection.clock import transaction_time

SUBJECT = "consent_log_subject"
_SHOWN = 5


class ConsentLogView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Ask for the account on the next paper; organization and purpose are those of the last one."""

    form_class = ConsentLogForm
    template_name = "consent/consent_log.html"

    def get_initial(self) -> dict[str, Any]:
        return {**self.request.session.get(SUBJECT, {}), "account": self.request.GET.get("account", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(just_recorded=self._just_recorded(), **kwargs)

    def form_valid(self, form: ConsentLogForm) -> HttpResponse:
        """Open the customer, where the customer sees it, and go on to what was signed."""
        customer = form.cleaned_data["account"].customer
        subject = {
            "recipient": str(form.cleaned_data["recipient"].uuid),
            "purpose": form.cleaned_data["purpose"].code,
        }
        self.request.session[SUBJECT] = subject
        if not can_see_customer(self.user, customer):
            open_customer(customer=customer, reason=_("Recorded a signed consent form"), by=self.actor)
        query = urlencode({**subject, "then": "log"})
        return redirect(f"{reverse('consent:create', kwargs={'uuid': customer.uuid})}?{query}")

    def _just_recorded(self) -> QuerySet[ConsentVersion]:
        """Return what this clerk recorded a moment ago and can still undo."""
        found = ConsentVersion.objects.filter(
            recorded_by=self.user,
            kind=ConsentVersion.Kind.GRANT,
            created_at__gt=transaction_time() - UNDO_WITHIN + timedelta(seconds=5),
            consent__current_version=F("pk"),
        )
        return found.select_related("consent", "recipient", "purpose").order_by("-created_at", "-pk")[:_SHOWN]


class ConsentUndoView(OpenedConsentMixin, View):
    """Undo what was recorded by mistake a moment ago: a withdrawal that says so, nothing is deleted."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            undo_grant(consent=self.consent, note=request.POST.get("note", "")[:400], by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Undone. The consent is withdrawn as entered in error; both stay on record."))
        return redirect("consent:log")
