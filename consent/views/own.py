"""A customer's own consents."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, TemplateView, View

from accounts.errors import NotAllowedError
from accounts.permissions import CustomerRequired
from accounts.selectors import customers_of
from consent.errors import ConsentError
from consent.forms import ConsentNarrowForm
from consent.models import Consent
from consent.selectors import consents_of, status_of
from consent.services import keep_consent, narrow_consent, withdraw_consent
from consent.views.detail import evidence_response, page_of
from protection.clock import provider_today


class OwnConsentMixin(CustomerRequired):
    """For pages about one of the customer's own consents (`uuid` in the URL); another's is a 404."""

    kwargs: dict[str, Any]

    def get_queryset(self) -> QuerySet[Consent]:
        """Return the consents the user may know of."""
        return Consent.objects.visible_to(self.user).with_scope()

    @cached_property
    def consent(self) -> Consent:
        """Return the consent the page is about."""
        return get_object_or_404(self.get_queryset(), uuid=self.kwargs["uuid"])


class ConsentListView(CustomerRequired, TemplateView):
    """List the customer's consents, the running first."""

    template_name = "consent/consent_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = provider_today()
        consents = consents_of(customers_of(self.user), today)
        rows = [{"consent": consent, "status": status_of(consent, today)} for consent in consents]
        return super().get_context_data(rows=rows, **kwargs)


class ConsentDetailView(OwnConsentMixin, DetailView):  # type: ignore[type-arg]
    """Show one consent: what it is, its state and why, what can be done, its history, its proof."""

    template_name = "consent/consent_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "consent"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**page_of(self.object), **kwargs)


class ConsentWithdrawView(OwnConsentMixin, View):
    """Withdraw a consent with one click."""

    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        try:
            consent = withdraw_consent(consent=self.consent, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            text = _(
                "Withdrawn. From now on we give %(recipient)s nothing more under this consent."
                " If you did not mean to, you can agree again with a new form."
            )
            messages.success(request, text % {"recipient": consent.recipient})
        return redirect("consent:detail", uuid=self.consent.uuid)


class ConsentNarrowView(OwnConsentMixin, FormView):  # type: ignore[type-arg]
    """Let a customer make a consent cover less."""

    form_class = ConsentNarrowForm
    template_name = "consent/consent_narrow.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.consent.scope_version is None or not status_of(self.consent).can_change:
            raise Http404
        return {**super().get_form_kwargs(), "scope": self.consent.scope_version, "purpose": self.consent.purpose}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(consent=self.consent, **kwargs)

    def form_valid(self, form: ConsentNarrowForm) -> HttpResponse:
        try:
            narrow_consent(consent=self.consent, by=self.actor, **form.terms())
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        messages.success(self.request, _("Changed. From now on only what you left in may be given."))
        return redirect("consent:detail", uuid=self.consent.uuid)


class ConsentKeepView(OwnConsentMixin, View):
    """Keep a consent that the customer was reminded of."""

    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        try:
            keep_consent(consent=self.consent, by=self.actor)
        except NotAllowedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("It stays as it is. We remind you again in a year."))
        return redirect("consent:detail", uuid=self.consent.uuid)


class ConsentEvidenceView(OwnConsentMixin, View):
    """Let a customer download the form that they signed."""

    def get(self, request: Any, number: int, **kwargs: Any) -> FileResponse:
        return evidence_response(self.consent, number)
