from typing import Any

from django.views.generic import TemplateView

from accounts.permissions import OpenedCustomerMixin
from accounts.selectors import current_opening, members_on, openings_of
from disclosures.selectors import disclosures_of
from retention.selectors import holds_on
from rights.holdings import holdings_of
from rights.selectors import corrections_of, requests_of

LOOKS_SHOWN = 20
CASES_SHOWN = 10


class CustomerView(OpenedCustomerMixin, TemplateView):
    """Show staff a customer at a glance: who they are, their accounts, what is open, who looked at them."""

    template_name = "portal/customer_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = self.customer.accounts.order_by("-opened_on", "number")
        return super().get_context_data(
            customer=self.customer,
            opening=current_opening(self.user, self.customer),
            groups=holdings_of(self.customer),
            accounts=accounts,
            members=members_on(self.customer),
            corrections=corrections_of(self.customer)[:CASES_SHOWN],
            requests=requests_of(self.customer)[:CASES_SHOWN],
            holds=holds_on(self.customer),
            disclosures=disclosures_of([self.customer])[:CASES_SHOWN],
            looks=openings_of(self.customer)[:LOOKS_SHOWN],
            **kwargs,
        )
