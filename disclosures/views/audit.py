"""Auditors: search the disclosure history and take it away."""

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView, TemplateView, View

from accounts.models import Role
from accounts.permissions import BoundStaffRequired
from disclosures.audit_forms import ExportForm, HistoryFilterForm, SavedSearchForm
from disclosures.errors import DisclosureError
from disclosures.history import HistoryRow
from disclosures.models import HistoryExport, SavedSearch
from disclosures.packaging.history import MANIFEST
from disclosures.selectors import history
from disclosures.services import fetch_export, forget_search, note_search, request_export, save_search
from disclosures.statistics import by_basis, by_month, by_recipient
from disclosures.tasks import build_history_export
from ledger.verifier import FILE_NAME as VERIFIER
from protection.clock import transaction_time
from protection.files import open_file

PER_PAGE = 50


class BoundAuditorRequired(BoundStaffRequired):
    """For auditors whom a confidentiality agreement binds today."""

    roles = (Role.AUDITOR,)  # type: ignore[assignment]


class FilteredMixin(BoundAuditorRequired):
    """For pages about the part of the history that the filters in the address let through."""

    @cached_property
    def filter_form(self) -> HistoryFilterForm:
        """Return the filters as the address has them; without any, everything."""
        return HistoryFilterForm(self.request.GET)

    def removable_filters(self) -> list[dict[str, str]]:
        """Return every filter in force with the address of the same page without it."""
        found = []
        for name, label, value in self.filter_form.in_force():
            rest = {key: given for key, given in self.request.GET.items() if key not in {name, "page"} and given}
            found.append({"label": label, "value": value, "url": "?" + urlencode(rest)})
        return found

    def own_query(self) -> dict[str, str]:
        """Return the filters of the address, without the page."""
        return {name: self.request.GET[name] for name in self.filter_form.fields if self.request.GET.get(name)}


class HistorySearchView(FilteredMixin, TemplateView):
    """Show the filtered disclosure history: each release to each recipient, each refusal."""

    template_name = "disclosures/history_search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.filter_form
        saved = SavedSearch.objects.visible_to(self.user).order_by("name")
        context = super().get_context_data(form=form, saved_searches=saved, **kwargs)
        if not form.is_valid():
            return context
        rows = cast(Sequence[HistoryRow], history(form.filters()))
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        note_search(filters=form.filters(), what=f"search, page {page.number}", by=self.actor)
        query = urlencode(self.own_query())
        return {
            "page": page,
            "filters": self.removable_filters(),
            "save_form": SavedSearchForm() if query else None,
            "save_url": f"{reverse('disclosures:search_save')}?{query}",
            "charts_url": f"{reverse('disclosures:charts')}?{query}",
            "export_url": f"{reverse('disclosures:export_create')}?{query}",
            **context,
        }


class HistoryChartsView(FilteredMixin, TemplateView):
    """Show how many disclosures the filters let through, by month, recipient and legal basis."""

    template_name = "disclosures/history_charts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.filter_form
        context = super().get_context_data(form=form, **kwargs)
        if not form.is_valid():
            return context
        filters = form.filters()
        note_search(filters=filters, what="charts", by=self.actor)
        return {
            "months": by_month(filters),
            "recipients": by_recipient(filters),
            "bases": by_basis(filters),
            "filters": self.removable_filters(),
            "search_url": f"{reverse('disclosures:search')}?{urlencode(self.own_query())}",
            **context,
        }


class SearchSaveView(FilteredMixin, View):
    """Keep the search of the address under a name."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it, and go back to it."""
        form = SavedSearchForm(request.POST)
        if not form.is_valid() or not self.filter_form.is_valid():
            messages.error(request, _("Give the search a name of at most 100 characters."))
        else:
            try:
                save_search(name=form.cleaned_data["name"], parameters=self.own_query(), by=self.actor)
                messages.success(request, _("The search is kept. You find it above the filters."))
            except DisclosureError as error:
                messages.error(request, str(error))
        return redirect(f"{reverse('disclosures:search')}?{urlencode(self.own_query())}")


class SearchForgetView(BoundAuditorRequired, View):
    """Delete a saved search of one's own; another's is a 404."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        """Delete it."""
        search = get_object_or_404(SavedSearch.objects.visible_to(self.user), uuid=uuid)
        forget_search(search=search, by=self.actor)
        messages.success(request, _("The saved search is deleted."))
        return redirect("disclosures:search")


class ExportCreateView(FilteredMixin, FormView):  # type: ignore[type-arg]
    """Ask for an export of exactly what the search shows."""

    form_class = ExportForm
    template_name = "disclosures/historyexport_create.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_valid = self.filter_form.is_valid()
        return super().get_context_data(
            filter_form=self.filter_form,
            filters=self.removable_filters() if is_valid else [],
            count=history(self.filter_form.filters()).count() if is_valid else None,
            **kwargs,
        )

    def form_valid(self, form: ExportForm) -> HttpResponse:
        if not self.filter_form.is_valid():
            return self.form_invalid(form)
        try:
            export = request_export(filters=self.filter_form.filters(), by=self.actor, **form.cleaned_data)
        except DisclosureError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        transaction.on_commit(lambda: build_history_export.delay(export.pk), robust=True)
        return redirect("disclosures:export_detail", uuid=export.uuid)


class ExportListView(BoundAuditorRequired, ListView):  # type: ignore[type-arg]
    """Show every export that was made, by whom and what for."""

    template_name = "disclosures/historyexport_list.html"
    context_object_name = "exports"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[HistoryExport]:
        return HistoryExport.objects.select_related("built").order_by("-created_at", "-pk")


class ExportDetailView(BoundAuditorRequired, DetailView):  # type: ignore[type-arg]
    """Show one export while it is built, then its files and what they prove; hand the archive over on POST."""

    template_name = "disclosures/historyexport_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "export"

    def get_queryset(self) -> QuerySet[HistoryExport]:
        return HistoryExport.objects.select_related("built__archive")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            is_fetchable=self.object.is_fetchable(transaction_time()),
            command=f"python {VERIFIER} {MANIFEST} --keys resguardo-keys.json",
            **kwargs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Hand the archive over; it is opened before the answer begins."""
        export = self.get_object()
        try:
            archive = fetch_export(export=export, by=self.actor)
        except DisclosureError as error:
            messages.error(request, str(error))
            return redirect("disclosures:export_detail", uuid=export.uuid)
        return FileResponse(
            open_file(archive), as_attachment=True, filename=archive.name, content_type=archive.content_type
        )
