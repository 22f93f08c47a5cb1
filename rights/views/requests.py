from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, TemplateView, View

from rights.errors import RightsError
from rights.forms import RequestForm
from rights.models import RightsRequest
from rights.selectors import line_about, requests_of, told_corrections
from rights.services import close_request, file_request
from rights.views.subjects import SubjectMixin

SHOWN = 50


class RequestListView(SubjectMixin, TemplateView):
    """Show a customer their requests and corrections, with the state and the day of each."""

    template_name = "rights/request_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.customer is None:
            return context
        return {
            "requests": requests_of(self.customer)[:SHOWN],
            "corrections": told_corrections(self.customer, SHOWN),
            **context,
        }


class RequestCreateView(SubjectMixin, FormView):  # type: ignore[type-arg]
    """Take a customer's request."""

    form_class = RequestForm
    template_name = "rights/request_create.html"

    def get_initial(self) -> dict[str, Any]:
        return {"kind": self.request.GET.get("kind", "")}

    def form_valid(self, form: RequestForm) -> HttpResponse:
        if self.customer is None:
            form.add_error(None, _("You are no member of an account today, so that we cannot file this. Write to us."))
            return self.form_invalid(form)
        try:
            request = file_request(customer=self.customer, by=self.actor, **form.cleaned_data)
        except RightsError as error:
            form.add_error("text", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("We have your request. You can follow it here."))
        return redirect("rights:request_detail", uuid=request.uuid)


class RequestDetailView(SubjectMixin, DetailView):  # type: ignore[type-arg]
    """Show one request: its state, its days, the answer, its history."""

    template_name = "rights/request_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "case"

    def get_queryset(self) -> QuerySet[RightsRequest]:
        return RightsRequest.objects.visible_to(self.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            events=self.object.events.order_by("pk"), line=line_about(self.object), **kwargs
        )


class RequestCloseView(SubjectMixin, View):
    """Take back one's own open request."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        case = get_object_or_404(RightsRequest.objects.visible_to(self.user), uuid=self.kwargs["uuid"])
        try:
            close_request(request=case, by=self.actor)
            messages.success(request, _("Your request is withdrawn."))
        except RightsError as error:
            messages.error(request, str(error))
        return redirect("rights:request_detail", uuid=case.uuid)
