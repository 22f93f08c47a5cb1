"""The desk: staff find consents, record written ones, withdraw on a customer's request."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, ListView, TemplateView

from accounts.errors import NotAllowedError
from accounts.models import Customer
from accounts.permissions import OpenedCustomerMixin, StaffRequired
from accounts.services import open_customer
from consent.errors import ConsentError
from consent.forms import (
    ConsentDeskNarrowForm,
    ConsentFilterForm,
    ConsentForm,
    ConsentSubjectForm,
    ConsentWithdrawalForm,
)
from consent.models import Consent, ConsentVersion
from consent.searching import search_consents
from consent.selectors import duplicates_of, status_of
from consent.services import grant_consent, narrow_consent, withdraw_consent
from consent.status import written
from consent.views.detail import evidence_response, page_of
from protection.clock import provider_today

CARRIED_ON = "consent_log_terms"
"""Where the session keeps what the last paper said."""

STEPS = (gettext_lazy("Organization and purpose"), gettext_lazy("What was signed"))


class ConsentListView(StaffRequired, ListView):  # type: ignore[type-arg]
    """List every customer's consents, to be narrowed and sorted; nothing is exported here, only through the gate."""

    template_name = "consent/consent_desk_list.html"
    paginate_by = 25

    @cached_property
    def form(self) -> ConsentFilterForm:
        """Return the filters as they stand in the address."""
        return ConsentFilterForm(self.request.GET)

    def get_queryset(self) -> QuerySet[Consent]:
        return search_consents(day=provider_today(), **self.form.conditions())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=self.form, filters=self._filters(), **kwargs)
        today = provider_today()
        rows = [{"consent": consent, "status": status_of(consent, today)} for consent in context["object_list"]]
        return {**context, "rows": rows}

    def _filters(self) -> list[dict[str, str]]:
        """Return the filters in force, each with the address without it."""
        filters = []
        for name, shown in self.form.in_force().items():
            query = self.request.GET.copy()
            query.pop(name)
            query.pop("page", None)
            filters.append({"label": str(self.form[name].label), "value": shown, "url": f"?{query.urlencode()}"})
        return filters


class OpenedConsentMixin(OpenedCustomerMixin):
    """For staff pages about one consent (`uuid` in the URL), whose customer they must have opened."""

    @cached_property
    def consent(self) -> Consent:
        """Return the consent the page is about; an unknown one is a 404."""
        return get_object_or_404(Consent.objects.with_scope(), uuid=self.kwargs["uuid"])

    @cached_property
    def customer(self) -> Customer:
        """Return the customer whose consent it is."""
        return self.consent.customer


class ConsentDetailView(OpenedConsentMixin, TemplateView):
    """Show staff one consent, with the form for a withdrawal that the customer asks for."""

    template_name = "consent/consent_desk_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", ConsentWithdrawalForm())
        return super().get_context_data(consent=self.consent, **page_of(self.consent), **kwargs)


class ConsentWithdrawView(OpenedConsentMixin, FormView):  # type: ignore[type-arg]
    """Withdraw on a customer's request."""

    http_method_names = ("post",)
    form_class = ConsentWithdrawalForm
    template_name = "consent/consent_desk_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(consent=self.consent, **page_of(self.consent), **kwargs)

    def form_valid(self, form: ConsentWithdrawalForm) -> HttpResponse:
        try:
            withdraw_consent(consent=self.consent, by=self.actor, **form.cleaned_data)
        except (ConsentError, NotAllowedError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Withdrawn. Nothing more is given under this consent."))
        return redirect("consent:detail", uuid=self.consent.uuid)


class ConsentNarrowView(OpenedConsentMixin, FormView):  # type: ignore[type-arg]
    """Make a consent cover less on a customer's request."""

    form_class = ConsentDeskNarrowForm
    template_name = "consent/consent_desk_narrow.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        if self.consent.scope_version is None or not status_of(self.consent).can_change:
            raise Http404
        return {**super().get_form_kwargs(), "scope": self.consent.scope_version, "purpose": self.consent.purpose}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(consent=self.consent, **kwargs)

    def form_valid(self, form: ConsentDeskNarrowForm) -> HttpResponse:
        try:
            narrow_consent(consent=self.consent, by=self.actor, **form.terms())
        except (ConsentError, NotAllowedError) as error:
            form.add_consent_error(error) if isinstance(error, ConsentError) else form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Changed. From now on only what was left in may be given."))
        return redirect("consent:detail", uuid=self.consent.uuid)


class ConsentEvidenceView(OpenedConsentMixin, TemplateView):
    """Let staff download a signed form; the look is logged where the customer sees it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> FileResponse:  # type: ignore[override]
        response = evidence_response(self.consent, self.kwargs["number"])
        open_customer(
            customer=self.customer,
            reason=_("Downloaded the signed form of the consent for %(recipient)s")
            % {"recipient": self.consent.recipient},
            by=self.actor,
        )
        return response


class ConsentCreateView(OpenedCustomerMixin, FormView):  # type: ignore[type-arg]
    """Record a written consent in two steps: to whom and what for, then what was signed.

    The first step's answers stand in the address, so that the second offers only the data that the purpose may cover.
    """

    template_name = "consent/consent_create.html"

    @cached_property
    def subject_form(self) -> ConsentSubjectForm:
        """Return the first step as it stands in the address."""
        return ConsentSubjectForm(self.request.GET or None)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Start over where something is sent without a first step."""
        if not self.subject_form.is_valid():
            return redirect("consent:create", uuid=self.customer.uuid)
        return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        """Begin with what the last paper said, where a stack is worked off."""
        return dict(self.request.session.get(CARRIED_ON, {})) if self.is_of_a_stack else {}

    @property
    def is_of_a_stack(self) -> bool:
        """Say whether the clerk goes on to the next paper after this one."""
        return self.request.GET.get("then") == "log"

    def get_form(self, form_class: Any = None) -> Any:
        if not self.subject_form.is_valid():
            return self.subject_form
        purpose = self.subject_form.cleaned_data["purpose"]
        return ConsentForm(customer=self.customer, purpose=purpose, **self.get_form_kwargs())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_second = self.subject_form.is_valid()
        subject = self.subject_form.cleaned_data if is_second else {}
        return super().get_context_data(
            customer=self.customer,
            steps=STEPS,
            step=2 if is_second else 1,
            subject=subject,
            is_of_a_stack=self.is_of_a_stack,
            **kwargs,
        )

    def form_valid(self, form: ConsentForm) -> HttpResponse:
        terms = {**self.subject_form.cleaned_data, **form.terms()}
        if not form.cleaned_data["confirmed"] and (warning := self._warning(terms)):
            form.warn(warning)
            return self.form_invalid(form)
        try:
            consent = grant_consent(customer=self.customer, by=self.actor, **terms)
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        messages.success(self.request, _("The consent is recorded and counts from today on."))
        self.request.session[CARRIED_ON] = form.carried()
        return redirect("consent:log") if self.is_of_a_stack else redirect("consent:detail", uuid=consent.uuid)

    def _warning(self, terms: dict[str, Any]) -> str:
        """Return what this may be a repetition of; nothing for the same form sent twice."""
        if ConsentVersion.objects.filter(request_id=terms["request_id"]).exists():
            return ""
        same = {name: terms[name] for name in ("recipient", "purpose", "project")}
        scan = terms["evidence"].original_sha256 if terms["evidence"] else ""
        found = duplicates_of(customer=self.customer, scan_sha256=scan, **same)
        if not found:
            return ""
        latest = found[0]
        said = {"recipient": latest.recipient, "purpose": latest.purpose, "day": written(latest.created_at)}
        if scan and latest.scan_sha256 == scan:
            text = _(
                "The same scan was recorded on %(day)s, for %(recipient)s and “%(purpose)s”. Is this another form?"
            )
        else:
            text = _("A consent for %(recipient)s and “%(purpose)s” runs since %(day)s. This one would replace it.")
        return text % said
