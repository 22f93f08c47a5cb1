from typing import Any

from allauth.account.decorators import reauthentication_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, ListView, TemplateView

from accounts.errors import AccountsError
from accounts.forms import CustomerOpenForm, CustomerSearchForm
from accounts.models import Customer
from accounts.permissions import BoundStaffRequired, OpenedCustomerMixin, StaffRequired, has_confidentiality_agreement
from accounts.selectors import current_opening, recently_opened, search_customers
from accounts.services import open_customer, reveal_value
from protection.datamap import fields


class CustomerSearchView(StaffRequired, ListView):  # type: ignore[type-arg]
    """Find a customer; show no more than it takes to know that it is the right one."""

    template_name = "accounts/customer_search.html"
    paginate_by = 25

    @cached_property
    def form(self) -> CustomerSearchForm:
        """Return the search as it was asked for."""
        return CustomerSearchForm(self.request.GET)

    @cached_property
    def words(self) -> str:
        """Return the words looked for, empty when there are none or they are too many."""
        return self.form.cleaned_data["q"].strip() if self.form.is_valid() else ""

    def get_queryset(self) -> QuerySet[Customer]:
        if not self.words:
            return Customer.objects.none()
        return search_customers(self.words).prefetch_related("accounts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            form=self.form,
            words=self.words,
            is_bound=has_confidentiality_agreement(self.user),
            openings=recently_opened(self.user) if not self.words else [],
            **kwargs,
        )


class CustomerOpenView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Ask why a member of staff needs to see a customer, and open the customer for half an hour."""

    form_class = CustomerOpenForm
    template_name = "accounts/customer_open.html"

    @cached_property
    def customer(self) -> Customer:
        """Return the customer to be opened; an unknown one is a 404."""
        return get_object_or_404(Customer, uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, next=self._next(), **kwargs)

    def form_valid(self, form: CustomerOpenForm) -> HttpResponse:
        try:
            open_customer(customer=self.customer, reason=form.cleaned_data["reason"], by=self.actor)
        except AccountsError as error:
            form.add_error("reason", str(error))
            return self.form_invalid(form)
        return redirect(self._next())

    def _next(self) -> str:
        """Return where to go then: the page that was asked for, if it is one of ours."""
        asked = self.request.POST.get("next") or self.request.GET.get("next") or ""
        if url_has_allowed_host_and_scheme(asked, {self.request.get_host()}, require_https=self.request.is_secure()):
            return asked
        return reverse("accounts:customer_detail", kwargs={"uuid": self.customer.uuid})


@method_decorator([never_cache, reauthentication_required], name="dispatch")
class CustomerRevealView(OpenedCustomerMixin, TemplateView):
    """Show staff one sealed value of an opened customer in full, after signing in again; each time is logged."""

    template_name = "accounts/customer_reveal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        declaration = next((field for field in fields(model=Customer) if field.id == self.kwargs["field_id"]), None)
        opening = current_opening(self.user, self.customer)
        if declaration is None or not declaration.personal.sealed or opening is None:
            raise Http404
        value = reveal_value(row=self.customer, field_id=declaration.id, by=self.actor, reason=opening.reason)
        return super().get_context_data(customer=self.customer, label=declaration.label, value=value, **kwargs)
