"""The desk's side of agreeing in the portal: what organizations may ask customers for."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, ListView, View

from accounts.errors import NotAllowedError
from accounts.models import Customer
from accounts.permissions import BoundStaffRequired
from consent.agreement_forms import OfferForm
from consent.errors import ConsentError
from consent.forms import ConsentSubjectForm
from consent.models import Offer
from consent.services import close_offer, make_offer

STEPS = (gettext_lazy("Organization and purpose"), gettext_lazy("What it may ask for"))


class DeskOfferListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List what organizations ask customers for in the portal."""

    template_name = "consent/offer_desk_list.html"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[Offer]:
        found = Offer.objects.open().select_related("recipient", "purpose", "customer")
        return found.order_by("-created_at", "-pk")


class OfferCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Let an organization ask every customer, or one (`customer` in the query), in two steps."""

    template_name = "consent/offer_create.html"

    @cached_property
    def customer(self) -> Customer | None:
        """Return the one customer who is asked; None for everybody."""
        asked = self.request.GET.get("customer")
        return get_object_or_404(Customer, uuid=asked) if asked else None

    @cached_property
    def subject_form(self) -> ConsentSubjectForm:
        """Return the first step as it stands in the address."""
        asked = {name: self.request.GET[name] for name in ("recipient", "purpose") if name in self.request.GET}
        return ConsentSubjectForm(asked or None)

    def get_form(self, form_class: Any = None) -> Any:
        if not self.subject_form.is_valid():
            return self.subject_form
        return OfferForm(purpose=self.subject_form.cleaned_data["purpose"], **self.get_form_kwargs())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Start over where something is sent without a first step."""
        if not self.subject_form.is_valid():
            return redirect("consent:offer_create")
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_second = self.subject_form.is_valid()
        subject = self.subject_form.cleaned_data if is_second else {}
        return super().get_context_data(
            customer=self.customer, subject=subject, steps=STEPS, step=2 if is_second else 1, **kwargs
        )

    def form_valid(self, form: OfferForm) -> HttpResponse:
        try:
            make_offer(customer=self.customer, by=self.actor, **self.subject_form.cleaned_data, **form.cleaned_data)
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        except NotAllowedError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The organization may now ask. The customer sees it in the portal."))
        return redirect("consent:offer_list")


class OfferCloseView(BoundStaffRequired, View):
    """End an offer; what was agreed to stays."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        offer = get_object_or_404(Offer, uuid=kwargs["uuid"])
        try:
            close_offer(offer=offer, by=self.actor)
        except NotAllowedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Ended. Nobody can agree to it any more; what was agreed to stays."))
        return redirect("consent:offer_list")
