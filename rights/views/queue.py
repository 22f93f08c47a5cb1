from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from accounts.errors import AccountsError
from accounts.models import Customer, FieldConflict
from accounts.permissions import OpenedCustomerMixin, StaffRequired
from accounts.services import resolve_conflict
from protection.files import open_file
from rights.errors import RightsError
from rights.forms import AnswerForm, ConflictForm, DecisionForm, QueueFilterForm
from rights.holdings import display_text
from rights.models import Correction, RightsRequest
from rights.selectors import Case, line_about, queue, queue_counts
from rights.services import answer_request, confirm_request, decide_correction


class QueueView(StaffRequired, ListView):  # type: ignore[type-arg]
    """Show staff what waits, the most pressing first."""

    template_name = "rights/queue.html"
    context_object_name = "cases"
    paginate_by = 50

    @cached_property
    def form(self) -> QueueFilterForm:
        """Return the filters as they stand in the address."""
        return QueueFilterForm(self.request.GET)

    def get_queryset(self) -> list[Case]:  # type: ignore[override]
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        return queue(wanted.get("kind", ""), only_overdue=wanted.get("overdue", False))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, counts=queue_counts(), **kwargs)


class CaseView(OpenedCustomerMixin, FormView):  # type: ignore[type-arg]
    """Decide one case (`uuid` in the URL) of a customer who was opened for a reason."""

    model: Any

    @cached_property
    def case(self) -> Any:
        """Return the case; an unknown one is a 404."""
        return get_object_or_404(self.model.objects.select_related("customer"), uuid=self.kwargs["uuid"])

    @cached_property
    def customer(self) -> Customer:
        """Return whom the case concerns."""
        customer: Customer = self.case.customer
        return customer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(case=self.case, customer=self.customer, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            messages.success(self.request, self.act(form.cleaned_data))
        except (RightsError, AccountsError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return redirect("rights:queue")

    def act(self, data: dict[str, Any]) -> str:
        """Call the service; return the sentence that says what was done."""
        raise NotImplementedError


class CorrectionDecideView(CaseView):
    """Accept or refuse a correction."""

    model = Correction
    form_class = DecisionForm
    template_name = "rights/correction_decide.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        declaration = self.case.declaration
        return super().get_context_data(
            old=display_text(declaration, self.case.old_value),
            new=display_text(declaration, self.case.new_value),
            events=self.case.events.order_by("pk"),
            **kwargs,
        )

    def act(self, data: dict[str, Any]) -> str:
        accept = data["decision"] == "accept"
        decide_correction(correction=self.case, accept=accept, reason=data["reason"], by=self.actor)
        return _("The new value is written.") if accept else _("The correction is refused; the customer sees why.")


class CorrectionEvidenceView(CaseView):
    """Hand staff who opened the customer the document that came with a correction."""

    model = Correction
    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        file = self.case.evidence_file
        if file is None:
            raise Http404
        return FileResponse(open_file(file), as_attachment=True, filename=file.name, content_type=file.content_type)


class RequestAnswerView(CaseView):
    """Answer a request."""

    model = RightsRequest
    form_class = AnswerForm
    template_name = "rights/request_answer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(events=self.case.events.order_by("pk"), line=line_about(self.case), **kwargs)

    def act(self, data: dict[str, Any]) -> str:
        answer_request(request=self.case, answer=data["answer"], by=self.actor)
        return _("The answer is on the customer's page.")


class RequestConfirmView(CaseView):
    """Confirm that a request was received, by a button."""

    model = RightsRequest
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            confirm_request(request=self.case, by=self.actor)
            messages.success(request, _("The customer sees that the request was received."))
        except RightsError as error:
            messages.error(request, str(error))
        return redirect("rights:request_answer", uuid=self.case.uuid)


class ConflictResolveView(CaseView):
    """Keep the customer's value, or take the one a feed offered."""

    model = FieldConflict
    form_class = ConflictForm
    template_name = "rights/conflict_resolve.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        declaration = self.case.declaration
        return super().get_context_data(
            current=display_text(declaration, self.case.current_value),
            offered=display_text(declaration, self.case.offered_value),
            **kwargs,
        )

    def act(self, data: dict[str, Any]) -> str:
        resolve_conflict(conflict=self.case, resolution=data["resolution"], by=self.actor)
        return _("The conflict is decided.")
