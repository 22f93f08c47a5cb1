"""A question or a complaint about one line of the disclosure history, and what staff can do about it at once."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts.permissions import CustomerRequired
from accounts.selectors import customers_of
from accounts.services import stop_recipient
from disclosures.models import ReleaseLine
from rights.errors import RightsError
from rights.forms import LineRequestForm, StopForm
from rights.models import RightsRequest
from rights.selectors import line_about
from rights.services import file_request
from rights.views.queue import CaseView


class LineAskView(CustomerRequired, FormView):  # type: ignore[type-arg]
    """Ask or complain about one line (`entry` in the URL) of one's own history; another's is a 404."""

    form_class = LineRequestForm
    template_name = "rights/line_ask.html"

    @cached_property
    def line(self) -> ReleaseLine:
        """Return the line the page is about."""
        lines = ReleaseLine.objects.filter(customer__in=customers_of(self.user)).select_related(
            "customer", "release__recipient", "release__purpose", "release__basis"
        )
        return get_object_or_404(lines, entry_id=self.kwargs["entry"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(line=self.line, **kwargs)

    def form_valid(self, form: LineRequestForm) -> HttpResponse:
        try:
            case = file_request(customer=self.line.customer, line=self.line, by=self.actor, **form.cleaned_data)
        except RightsError as error:
            form.add_error("text", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("We have it. You can follow it here."))
        return redirect("rights:request_detail", uuid=case.uuid)


class RecipientStopView(CaseView):
    """Stop the recipient that a complaint is about."""

    model = RightsRequest
    form_class = StopForm
    template_name = "rights/recipient_stop.html"

    @cached_property
    def line(self) -> ReleaseLine:
        """Return the line complained about; a 404 where the case is about none that went to anybody else."""
        line = line_about(self.case)
        if line is None or line.release.recipient is None:
            raise Http404
        return line

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(line=self.line, **kwargs)

    def form_valid(self, form: StopForm) -> HttpResponse:
        response = super().form_valid(form)
        return response if form.errors else redirect("rights:request_answer", uuid=self.case.uuid)

    def act(self, data: dict[str, Any]) -> str:
        recipient = self.line.release.recipient
        assert recipient is not None
        stop_recipient(recipient=recipient, reason=data["reason"], by=self.actor)
        return _("It gets nothing more. Now answer the customer.")
