"""Agreeing in the portal: what is asked for, the customer's choice of it, the signature, the completion page."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView, View

from accounts.errors import NotAllowedError
from accounts.models import Customer
from accounts.permissions import CustomerRequired
from accounts.selectors import customers_of
from consent.agreement_forms import AgreementForm, SignatureForm
from consent.errors import ConsentError
from consent.models import Consent, Offer, ServedNotice
from consent.permissions import can_grant_consent
from consent.selectors import consent_form, offers_for
from consent.services import Signature, decline_offer, serve_agreement, sign_agreement
from consent.statement import intent
from energy.selectors import months_before
from protection.clock import provider_today

STEPS = (gettext_lazy("What you give"), gettext_lazy("Read and sign"), gettext_lazy("Done"))


class OfferListView(CustomerRequired, TemplateView):
    """List what organizations ask a customer for, and what the customer said."""

    template_name = "consent/offer_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        groups = [
            {
                "customer": customer,
                "offers": list(offers_for(customer)),
                "may_agree": can_grant_consent(self.actor, customer),
            }
            for customer in customers_of(self.user)
        ]
        return super().get_context_data(groups=groups, **kwargs)


class OfferMixin(CustomerRequired):
    """For pages about one offer to one of the user's customers (`customer` in the query; else the first)."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def customer(self) -> Customer:
        """Return the customer for whom the user may agree; 404 where there is none."""
        asked = self.request.GET.get("customer", "")
        for customer in customers_of(self.user):
            if asked in {"", str(customer.uuid)} and can_grant_consent(self.actor, customer):
                return customer
        raise Http404

    @cached_property
    def offer(self) -> Offer:
        """Return the offer, if it is made to this customer and still stands."""
        return get_object_or_404(offers_for(self.customer), uuid=self.kwargs["uuid"])


class OfferReviewView(OfferMixin, FormView):  # type: ignore[type-arg]
    """Let a customer choose what to give of what is asked for; the next page shows exactly what would be signed."""

    form_class = AgreementForm
    template_name = "consent/offer_review.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "offer": self.offer, "customer": self.customer}

    def get_initial(self) -> dict[str, Any]:
        return {"data_from": months_before(provider_today(), self.offer.months_back)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(offer=self.offer, customer=self.customer, steps=STEPS, **kwargs)

    def form_valid(self, form: AgreementForm) -> HttpResponse:
        try:
            served = serve_agreement(
                offer=self.offer, customer=self.customer, notice_text=consent_form(), by=self.actor, **form.terms()
            )
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        return redirect("consent:agreement_sign", uuid=served.uuid)


class OfferDeclineView(OfferMixin, View):
    """Say no with one click."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            decline_offer(offer=self.offer, customer=self.customer, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("You said no. We give nothing, and nothing changes for you."))
        return redirect("consent:offer_list")


@method_decorator([never_cache, reauthentication_required], name="dispatch")
class AgreementSignView(CustomerRequired, FormView):  # type: ignore[type-arg]
    """Show the agreement word by word and take the signature of who has just proved who they are."""

    form_class = SignatureForm
    template_name = "consent/agreement_sign.html"

    @cached_property
    def served(self) -> ServedNotice:
        """Return what was put before this user; anybody else's is a 404."""
        served = ServedNotice.objects.select_related(
            "offer__recipient", "offer__purpose", "customer", "notice_text__notice"
        )
        return get_object_or_404(served, uuid=self.kwargs["uuid"], user=self.user, offer__isnull=False)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(served=self.served, offer=self.served.offer, steps=STEPS, **kwargs)

    def form_valid(self, form: SignatureForm) -> HttpResponse:
        try:
            consent = sign_agreement(served=self.served, signature=self._signature(form), by=self.actor)
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        return redirect(reverse("consent:signed", kwargs={"uuid": consent.uuid}))

    def _signature(self, form: SignatureForm) -> Signature:
        moments = [record["at"] for record in get_authentication_records(self.request, self.user) if record.get("at")]
        return Signature(
            typed_name=form.cleaned_data["typed_name"],
            intent=intent(),
            authenticated_at=datetime.fromtimestamp(max(moments), UTC) if moments else None,
            address=get_adapter().get_client_ip(self.request) or "",
            agent=self.request.headers.get("User-Agent", "")[:400],
        )


class ConsentSignedView(CustomerRequired, TemplateView):
    """Say that the signature counts, and hand out the certificate of it."""

    template_name = "consent/consent_signed.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = Consent.objects.visible_to(self.user).with_scope().select_related("scope_version__receipt")
        consent = get_object_or_404(own.filter(scope_version__method="portal"), uuid=self.kwargs["uuid"])
        return super().get_context_data(consent=consent, version=consent.scope_version, steps=STEPS, **kwargs)
