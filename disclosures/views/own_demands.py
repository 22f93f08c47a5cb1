"""Customers: legal demands for their data, and how to contest one. What an order hides is a 404 by row security."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView

from accounts.models import Customer
from accounts.permissions import CustomerRequired, can_consent_for
from accounts.selectors import customers_of
from disclosures.demand_conditions import notice_of, state_of
from disclosures.demand_forms import OwnContestForm
from disclosures.errors import DemandError
from disclosures.models import DemandState, LegalDemand
from disclosures.models.demands import LegalDemandQuerySet
from disclosures.services import contest_demand, withdraw_contest
from disclosures.services.notices import is_contested_by
from protection.clock import provider_today

_MAY_CONTEST = frozenset({DemandState.NOTICE_SERVED, DemandState.CONTESTED})


class OwnDemandsMixin(CustomerRequired):
    """For pages about the legal demands that name a data subject whom the user acts for."""

    @cached_property
    def customers(self) -> list[Customer]:
        """Return every data subject whose data the user may see today."""
        return list(customers_of(self.user))

    def own_demands(self) -> LegalDemandQuerySet:
        """Return the demands that name one of them."""
        named = LegalDemand.objects.filter(subjects__customer__in=self.customers)
        return named.with_state(provider_today()).select_related("recipient").distinct()


class OwnDemandListView(OwnDemandsMixin, ListView):  # type: ignore[type-arg]
    """List who demanded a customer's data by law."""

    template_name = "disclosures/own_demand_list.html"
    context_object_name = "demands"
    paginate_by = 25

    def get_queryset(self) -> LegalDemandQuerySet:
        return self.own_demands().order_by("-pk")


class OwnDemandDetailView(OwnDemandsMixin, FormView):  # type: ignore[type-arg]
    """Show a customer a demand for their data, and let them contest it or take the contest back."""

    form_class = OwnContestForm
    template_name = "disclosures/own_demand_detail.html"

    @cached_property
    def demand(self) -> LegalDemand:
        """Return the demand; one of others, or one that is hidden, is a 404."""
        return get_object_or_404(self.own_demands(), uuid=self.kwargs["uuid"])

    @cached_property
    def customer(self) -> Customer:
        """Return whom of theirs it names: the one whom the user may act for, where there are several."""
        named = [one for one in self.customers if self.demand.subjects.filter(customer=one).exists()]
        return next((one for one in named if can_consent_for(self.user, one)), named[0])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = state_of(self.demand, provider_today())
        contested = is_contested_by(self.demand, self.customer)
        may_act = can_consent_for(self.user, self.customer)
        return super().get_context_data(
            demand=self.demand,
            customer=self.customer,
            state=state,
            notice=notice_of(self.demand),
            steps=self.demand.events.order_by("-pk"),
            is_contested=contested,
            can_contest=may_act and state in _MAY_CONTEST and not contested,
            can_take_back=may_act and contested and state == DemandState.CONTESTED,
            **kwargs,
        )

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the contest back by its button, which needs no reason; else judge the form."""
        if "take-back" not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            withdraw_contest(demand=self.demand, customer=self.customer, by=self.actor)
            messages.success(request, _("You no longer contest this demand."))
        except DemandError as error:
            messages.error(request, str(error))
        return redirect("disclosures:own_demand_detail", uuid=self.demand.uuid)

    def form_valid(self, form: OwnContestForm) -> HttpResponse:
        try:
            contest_demand(demand=self.demand, customer=self.customer, note=form.cleaned_data["note"], by=self.actor)
        except DemandError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("You contest this demand. We hand over nothing while you do."))
        return redirect("disclosures:own_demand_detail", uuid=self.demand.uuid)
