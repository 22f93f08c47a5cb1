from typing import Any

from django.http import Http404
from django.utils.functional import cached_property

from accounts.models import Account, Customer
from accounts.permissions import CustomerRequired
from accounts.selectors import accounts_of, customers_of


class SubjectMixin(CustomerRequired):
    """For a customer's own pages: the data subject they are about, one of those the user is a member for.

    `?customer=` chooses among several; without it the first one. A user without any has `customer` None.
    """

    @cached_property
    def customers(self) -> list[Customer]:
        """Return every data subject whose data the user may see today."""
        return list(customers_of(self.user))

    @cached_property
    def customer(self) -> Customer | None:
        """Return the data subject that the page is about. A stranger's is a 404."""
        asked = self.request.POST.get("customer") or self.request.GET.get("customer")
        if not asked:
            return self.customers[0] if self.customers else None
        return next((each for each in self.customers if str(each.uuid) == asked), None) or _absent()

    def own_row(self, uuid: str) -> Customer | Account:
        """Return the customer or the account with this UUID, if it is one of the user's; else a 404."""
        rows: list[Customer | Account] = [*self.customers, *accounts_of(self.user)]
        return next((row for row in rows if str(row.uuid) == uuid), None) or _absent()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the subject and those one can switch to."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {"customer": self.customer, "customers": self.customers, **context}


def _absent() -> Any:
    raise Http404
