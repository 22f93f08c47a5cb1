"""Customers: who has my data."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.models import Customer
from accounts.permissions import CustomerRequired
from accounts.selectors import customers_of, openings_of
from disclosures.selectors import disclosures_of

LOOKS_SHOWN = 50
PER_PAGE = 25


class CustomerHistoryView(CustomerRequired, TemplateView):
    """Show a customer what of theirs went to whom, when, why, on what basis; and who of the staff looked (M18)."""

    template_name = "disclosures/release_history.html"

    @cached_property
    def customers(self) -> list[Customer]:
        """Return every data subject whose data the user may see today."""
        return list(customers_of(self.user))

    @cached_property
    def customer(self) -> Customer | None:
        """Return whose history it is: `?customer=` among several, else the first. A stranger's is a 404."""
        asked = self.request.GET.get("customer")
        if not asked:
            return self.customers[0] if self.customers else None
        for each in self.customers:
            if str(each.uuid) == asked:
                return each
        raise Http404

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"customer": self.customer, "customers": self.customers, **super().get_context_data(**kwargs)}
        if self.customer is None:
            return context
        pages = Paginator(disclosures_of([self.customer]), PER_PAGE)
        return {
            "page": pages.get_page(self.request.GET.get("page")),
            "looks": openings_of(self.customer)[:LOOKS_SHOWN],
            **context,
        }
