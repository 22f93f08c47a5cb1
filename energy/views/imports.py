"""The desk: staff send files of the distribution utility, follow the work and read what was found in them."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import DetailView, FormView, ListView

from accounts.models import Role
from accounts.permissions import BoundStaffRequired
from energy.errors import EnergyError
from energy.forms import CsvUploadForm, GreenButtonUploadForm, ImportFilterForm, UploadForm
from energy.models import ImportRun
from energy.selectors import finding_counts, findings_of, imports
from energy.services import progress_of, start_import
from energy.tasks import run_import
from protection.clock import transaction_time

FINDINGS_A_PAGE = 50
_FORMS: dict[str, type[UploadForm]] = {"csv": CsvUploadForm}


class ImportListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List every file taken in, or refused, at the desk and at the command line."""

    template_name = "energy/importrun_list.html"
    context_object_name = "runs"
    paginate_by = 25

    @cached_property
    def form(self) -> ImportFilterForm:
        """Return the filters as they stand in the address."""
        return ImportFilterForm(self.request.GET)

    def get_queryset(self) -> QuerySet[ImportRun]:
        return imports(self.form.in_force())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, filters=self._filters(), **kwargs)

    def _filters(self) -> list[dict[str, str]]:
        """Return the filters in force, each with the address without it."""
        filters = []
        for name, value in self.form.in_force().items():
            query = self.request.GET.copy()
            query.pop(name)
            query.pop("page", None)
            labels = {**dict(ImportRun.Kind.choices), **dict(ImportRun.Status.choices)}
            shown = str(labels.get(value, value))
            filters.append({"label": str(self.form[name].label), "value": shown, "url": f"?{query.urlencode()}"})
        return filters


class ImportCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Take a file from the browser and have a worker take it in; `?format=csv` is the form for CSV."""

    template_name = "energy/importrun_create.html"

    def get_form_class(self) -> type[UploadForm]:
        return _FORMS.get(self.request.GET.get("format", ""), GreenButtonUploadForm)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"may_look_back": self.user.role == Role.ADMINISTRATOR}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(is_csv=self.get_form_class() is CsvUploadForm, **kwargs)

    def form_valid(self, form: UploadForm) -> HttpResponse:
        try:
            run = start_import(by=self.actor, **form.order())
        except EnergyError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        transaction.on_commit(lambda: run_import.delay(run.pk), robust=True)
        messages.success(self.request, _("The file has arrived and is kept encrypted."))
        return redirect("energy:import_detail", uuid=run.uuid)


class ImportDetailView(BoundStaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one import: how far it has come, then what became of the file and what was found in it."""

    template_name = "energy/importrun_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "run"
    object: ImportRun

    def get_queryset(self) -> QuerySet[ImportRun]:
        return imports({})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run, code = self.object, self.request.GET.get("code", "")
        counts = finding_counts(run)
        chosen = code if code in counts else ""
        progress = progress_of(run)
        page = Paginator(findings_of(run, chosen), FINDINGS_A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            progress=progress,
            remaining=_remaining(run, progress),
            reach=_reach(run),
            counts=counts,
            code=chosen,
            page=page,
            **kwargs,
        )


def _reach(run: ImportRun) -> tuple[datetime, datetime] | None:
    """Return the starts of a file's first and last reading."""
    first, last = run.counters.get("first"), run.counters.get("last")
    return (datetime.fromisoformat(first), datetime.fromisoformat(last)) if first and last else None


def _remaining(run: ImportRun, progress: float) -> str:
    """Return in words how long a running import will about take; nothing where that cannot be told yet."""
    if run.started_at is None or not 0.05 < progress < 1:
        return ""
    seconds = (transaction_time() - run.started_at).total_seconds() * (1 - progress) / progress
    minutes = max(round(seconds / 60), 1)
    return ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes) % {"minutes": minutes}
