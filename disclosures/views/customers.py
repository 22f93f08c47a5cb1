"""Customers: who has my data."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View

from accounts.models import Customer
from accounts.permissions import CustomerRequired
from accounts.selectors import customers_of
from disclosures.own_forms import OwnDownloadForm, OwnHistoryForm
from disclosures.own_history import (
    KIND_LABELS,
    Kind,
    LinePaginator,
    own_feed_lines,
    own_lines,
    own_looks,
    running_consents,
)
from disclosures.services import hand_over_history
from protection.clock import provider_today

LOOKS_SHOWN = 10
PER_PAGE = 25


class OwnHistoryMixin(CustomerRequired):
    """For pages about the disclosure history of one of the data subjects that the user acts for."""

    @cached_property
    def today(self) -> date:
        """Return the day that the page is about, read once."""
        return provider_today()

    @cached_property
    def customers(self) -> list[Customer]:
        """Return every data subject whose data the user may see today."""
        return list(customers_of(self.user, self.today))

    @cached_property
    def customer(self) -> Customer | None:
        """Return whose history it is: `?customer=` among several, else the first. A stranger's is a 404."""
        asked = self.request.POST.get("customer") or self.request.GET.get("customer")
        if not asked:
            return self.customers[0] if self.customers else None
        for each in self.customers:
            if str(each.uuid) == asked:
                return each
        raise Http404


class CustomerHistoryView(OwnHistoryMixin, TemplateView):
    """Show a customer who may receive their data, what went to whom, when, why, on what basis, and who looked (M18)."""

    template_name = "disclosures/release_history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"customer": self.customer, "customers": self.customers, **super().get_context_data(**kwargs)}
        if self.customer is None:
            return context
        form = OwnHistoryForm(self.request.GET)
        filters, number = form.filters(), self.request.GET.get("page")
        is_of_looks = filters.kind == Kind.LOOK
        looks = own_looks(self.customer, filters)
        return {
            "form": form,
            "filters": self._removable(form),
            "shows": {kind.name.lower(): filters.shows(kind) for kind in Kind},
            "consents": running_consents(self.customer, filters, self.today),
            "feed_lines": own_feed_lines(self.customer, filters),
            "page": LinePaginator(own_lines(self.customer, filters, has_nights=False), PER_PAGE).get_page(number),
            "looks_page": Paginator(looks, PER_PAGE).get_page(number) if is_of_looks else None,
            "verify_command": "python resguardo-verify.pyz who-has-my-data.json --keys resguardo-keys.json",
            "looks": None if is_of_looks else looks[:LOOKS_SHOWN],
            **context,
        }

    def _removable(self, form: OwnHistoryForm) -> list[dict[str, str]]:
        """Return every filter in force with the address of the same page without it."""
        found = []
        for name, field in form.fields.items():
            if value := form.cleaned_data.get(name):
                rest = {key: given for key, given in self.request.GET.items() if key not in {name, "page"} and given}
                shown = KIND_LABELS[Kind(value)] if name == "kind" else value
                found.append({"label": str(field.label), "value": str(shown), "url": "?" + urlencode(rest)})
        return found


class OwnHistoryDownloadView(OwnHistoryMixin, View):
    """Hand a customer their history as a table, as a signed document or on paper."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Write the file that was asked for; the ledger keeps that it was taken."""
        form = OwnDownloadForm(request.POST)
        if self.customer is None or not form.is_valid():
            return HttpResponseBadRequest()
        file = hand_over_history(
            customer=self.customer, form=form.cleaned_data["format"], filters=form.filters(), by=self.actor
        )
        disposition = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return HttpResponse(file.content, content_type=file.content_type, headers=disposition)
