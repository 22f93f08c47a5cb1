"""The desk records many consents at once: sends a table, reads what is wrong with it, decides."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView, TemplateView, View

from accounts.permissions import BoundStaffRequired
from consent.bulk.rest import rest_of
from consent.bulk.table import OPTIONAL, REQUIRED
from consent.bulk_forms import BulkEntryForm
from consent.errors import BulkOverError
from consent.models import BulkEntry, Purpose
from consent.services import discard_bulk_entry, order_bulk_entry, progress_of, send_bulk_entry
from consent.tasks import run_bulk_entry

FINDINGS_A_PAGE = 50


class BulkEntryListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the tables that were sent, the newest first."""

    template_name = "consent/bulkentry_list.html"
    context_object_name = "entries"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[BulkEntry]:
        return BulkEntry.objects.select_related("created_by").order_by("-created_at", "-pk")


class BulkEntryCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Take a table and its scans, and have a worker check them."""

    form_class = BulkEntryForm
    template_name = "consent/bulkentry_create.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        purposes = Purpose.objects.secondary().order_by("code")
        return super().get_context_data(required=REQUIRED, optional=OPTIONAL, purposes=purposes, **kwargs)

    def form_valid(self, form: BulkEntryForm) -> HttpResponse:
        language = (get_language() or "en")[:2]
        entry = send_bulk_entry(by=self.actor, language=language, **form.order())
        _ring(entry)
        messages.success(self.request, _("The table has arrived. Nothing is recorded before you say so."))
        return redirect("consent:bulk_detail", uuid=entry.uuid)


class BulkEntryMixin(BoundStaffRequired):
    """For what is about one table (`uuid` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def entry(self) -> BulkEntry:
        """Return the table that was sent; an unknown one is a 404."""
        found = BulkEntry.objects.select_related("created_by", "table")
        return get_object_or_404(found, uuid=self.kwargs["uuid"])


class BulkEntryDetailView(BulkEntryMixin, TemplateView):
    """Show how far a table is, what is wrong with its rows, and what can be done."""

    template_name = "consent/bulkentry_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        findings = self.entry.findings.order_by("line", "pk")
        page = Paginator(findings, FINDINGS_A_PAGE).get_page(self.request.GET.get("page"))
        has_rest = self.entry.has_findings and self.entry.table.destroyed_at is None
        return super().get_context_data(
            entry=self.entry, progress=progress_of(self.entry), page=page, has_rest=has_rest, **kwargs
        )


class BulkEntryDecideView(BulkEntryMixin, View):
    """Record the whole table, its clean rows, or nothing of it."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        decision = request.POST.get("decision", "")
        try:
            if decision == "discard":
                discard_bulk_entry(entry=self.entry, by=self.actor)
            else:
                order_bulk_entry(entry=self.entry, takes_clean_rows=decision == "clean", by=self.actor)
                _ring(self.entry)
        except BulkOverError as error:
            messages.error(request, str(error))
        return redirect("consent:bulk_detail", uuid=self.entry.uuid)


class BulkEntryRestView(BulkEntryMixin, View):
    """Give the rows back that have findings, as a table to mend and send again."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.entry.is_working or self.entry.table.destroyed_at is not None:
            raise Http404
        response = HttpResponse(rest_of(self.entry), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="consents-to-mend.csv"'
        response["Cache-Control"] = "no-store"
        return response


def _ring(entry: BulkEntry) -> None:
    transaction.on_commit(lambda: run_bulk_entry.delay(entry.pk), robust=True)
