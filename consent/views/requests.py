"""Requests from outside: an organization files them and sees what became of them; the desk finds whom they mean."""

import csv
from typing import Any

from django.contrib import messages
from django.db.models import CharField, F, Func, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, FormView, ListView, View

from accounts.errors import NotAllowedError
from accounts.models import Recipient
from accounts.permissions import BoundStaffRequired, RecipientRequired, can_see_customer
from consent.errors import ConsentError
from consent.models import ProjectRequest, Purpose, RequestMatch, RequestUpload
from consent.permissions import can_file_requests
from consent.request_files import file_requests
from consent.request_forms import (
    NAMES_OF_COLUMNS,
    ProjectRequestForm,
    RequestMatchForm,
    RequestPurposeForm,
    RequestUploadForm,
)
from consent.selectors import fields_covered, unmatched_requests
from consent.services import file_project_request, match_by_hand, withdraw_project_request

STEPS = (gettext_lazy("What for"), gettext_lazy("The project"))
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def with_state(requests: QuerySet[ProjectRequest]) -> QuerySet[ProjectRequest]:
    """Annotate each with its `state`, which is computed."""
    return requests.annotate(state=Func(F("pk"), function="consent_request_state", output_field=CharField()))


class FilerMixin(RecipientRequired):
    """For the pages on which an organization's users file requests and see their own."""

    @cached_property
    def recipient(self) -> Recipient:
        """Return the organization that the user belongs to."""
        return get_object_or_404(Recipient, pk=self.user.recipient_id)

    @cached_property
    def may_file(self) -> bool:
        """Say whether the organization may file requests today."""
        return can_file_requests(self.actor, self.recipient)

    def own(self) -> QuerySet[ProjectRequest]:
        """Return the organization's requests with their state."""
        return with_state(ProjectRequest.objects.filter(recipient=self.recipient)).select_related("purpose")


class RequestListView(FilerMixin, ListView):  # type: ignore[type-arg]
    """List what the organization filed, with what became of it."""

    template_name = "consent/request_list.html"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[ProjectRequest]:
        return self.own().order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        uploads = RequestUpload.objects.filter(recipient=self.recipient).order_by("-created_at", "-pk")[:5]
        return super().get_context_data(may_file=self.may_file, uploads=uploads, states=_STATES, **kwargs)


class RequestCreateView(FilerMixin, FormView):  # type: ignore[type-arg]
    """File a request for one project, in two steps."""

    template_name = "consent/request_create.html"

    @cached_property
    def purpose_form(self) -> RequestPurposeForm:
        """Return the first step as it stands in the address."""
        return RequestPurposeForm(self.request.GET if "purpose" in self.request.GET else None)

    def get_form(self, form_class: Any = None) -> Any:
        if not self.purpose_form.is_valid():
            return self.purpose_form
        return ProjectRequestForm(purpose=self.purpose_form.cleaned_data["purpose"], **self.get_form_kwargs())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Start over where something is sent without a first step."""
        if not self.purpose_form.is_valid():
            return redirect("consent:request_create")
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_second = self.purpose_form.is_valid()
        purpose = self.purpose_form.cleaned_data["purpose"] if is_second else None
        return super().get_context_data(
            purpose=purpose, steps=STEPS, step=2 if is_second else 1, may_file=self.may_file, **kwargs
        )

    def form_valid(self, form: ProjectRequestForm) -> HttpResponse:
        try:
            filed = file_project_request(recipient=self.recipient, details=form.details(), by=self.actor)
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        except NotAllowedError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Received. If it names a customer of ours, we ask them."))
        return redirect("consent:request_detail", uuid=filed.uuid)


class RequestDetailView(FilerMixin, DetailView):  # type: ignore[type-arg]
    """Show one request of the organization and its state."""

    template_name = "consent/request_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "filed"

    def get_queryset(self) -> QuerySet[ProjectRequest]:
        return self.own()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        fields = [field for field in fields_covered(self.object.purpose) if field.id in self.object.field_ids]
        return super().get_context_data(fields=fields, may_file=self.may_file, states=_STATES, **kwargs)


class RequestWithdrawView(FilerMixin, View):
    """Take a request back."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        filed = get_object_or_404(self.own(), uuid=kwargs["uuid"])
        try:
            withdraw_project_request(request=filed, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Taken back."))
        return redirect("consent:request_detail", uuid=filed.uuid)


class RequestUploadView(FilerMixin, FormView):  # type: ignore[type-arg]
    """File requests for several projects from one file."""

    form_class = RequestUploadForm
    template_name = "consent/request_upload.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        purposes = [(purpose, fields_covered(purpose)) for purpose in Purpose.objects.secondary().order_by("pk")]
        return super().get_context_data(
            columns=list(NAMES_OF_COLUMNS), purposes=purposes, may_file=self.may_file, **kwargs
        )

    def form_valid(self, form: RequestUploadForm) -> HttpResponse:
        file = form.cleaned_data["upload"]
        try:
            upload = file_requests(recipient=self.recipient, stream=file, name=file.name, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            form.add_error("upload", str(error))
            return self.form_invalid(form)
        return redirect("consent:upload_detail", uuid=upload.uuid)


class UploadDetailView(FilerMixin, DetailView):  # type: ignore[type-arg]
    """Show what became of every line of a file."""

    template_name = "consent/upload_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "upload"

    def get_queryset(self) -> QuerySet[RequestUpload]:
        return RequestUpload.objects.filter(recipient=self.recipient)


class UploadReportView(UploadDetailView):
    """Hand out what became of every line as CSV."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        upload: RequestUpload = self.get_object()
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="report-{upload.uuid}.csv"'
        writer = csv.writer(response)
        writer.writerow(["line", "project", "result", "request", "reasons"])
        for line in upload.report:
            result = "accepted" if "request" in line else "refused"
            reasons = " ".join(line.get("problems", []))
            cells = [line["project"], result, line.get("request", ""), reasons]
            writer.writerow([line["line"], *(_safe(cell) for cell in cells)])
        return response


class DeskRequestListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the requests that were put before nobody, with the reason."""

    template_name = "consent/request_desk_list.html"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[RequestMatch]:
        return unmatched_requests()


class RequestMatchView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Put a request that matched nobody before the customer that a clerk found and opened."""

    form_class = RequestMatchForm
    template_name = "consent/request_match.html"

    @cached_property
    def match(self) -> RequestMatch:
        """Return what the portal found of the request."""
        return get_object_or_404(unmatched_requests(), request__uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(match=self.match, filed=self.match.request, **kwargs)

    def form_valid(self, form: RequestMatchForm) -> HttpResponse:
        customer = form.cleaned_data["account_number"]
        if not can_see_customer(self.user, customer):
            response = redirect("accounts:customer_open", uuid=customer.uuid)
            response["Location"] += "?" + urlencode({"next": self.request.get_full_path()})
            return response
        try:
            match_by_hand(request=self.match.request, customer=customer, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            form.add_error("account_number", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The customer is asked now."))
        return redirect("consent:request_desk")


_STATES = dict(ProjectRequest.State.choices)


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_STARTS_FORMULA) else cell
