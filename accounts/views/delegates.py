"""Who acts for a customer: the desk takes in and ends, the customer revokes with one click."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView, View

from accounts.errors import AccountsError, NotAllowedError, ProofError
from accounts.forms.delegates import AgentForm, EndForm, GuardianForm, OwnerForm
from accounts.models import AgentAuthorization, Guardianship
from accounts.permissions import CustomerRequired, OpenedCustomerMixin, can_revoke_agent
from accounts.selectors import customers_of
from accounts.services import authorise_agent, end_guardianship, link_guardian, name_owner, revoke_agent
from ledger.actor import Actor
from protection.clock import provider_today


class DelegateListView(OpenedCustomerMixin, TemplateView):
    """List who acts, or acted, for a customer."""

    template_name = "accounts/delegate_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = provider_today()
        return super().get_context_data(
            customer=self.customer,
            is_minor=self.customer.is_minor(today),
            guardianships=self.customer.guardianships.select_related("guardian").order_by("-pk"),
            agents=_agents(self.customer.authorizations.all(), today),
            **kwargs,
        )


class DelegateActView(OpenedCustomerMixin, FormView):  # type: ignore[type-arg]
    """Do one thing about who acts for a customer; what the service refuses stands beside its input."""

    template_name = "accounts/delegate_form.html"
    title: str | Promise = ""
    button: str | Promise = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, title=self.title, button=self.button, **kwargs)

    def get_success_url(self) -> str:
        return reverse("accounts:delegate_list", kwargs={"uuid": self.customer.uuid})

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            messages.success(self.request, self.act(form))
        except ProofError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return self.form_invalid(form)
        except AccountsError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return super().form_valid(form)

    def act(self, form: Any) -> str:
        """Call the service; return the sentence that says what was done."""
        raise NotImplementedError


class GuardianCreateView(DelegateActView):
    """Link a verified guardian to a minor."""

    form_class = GuardianForm
    title = gettext_lazy("Link a guardian")
    button = gettext_lazy("Link the guardian")

    def act(self, form: GuardianForm) -> str:
        link_guardian(customer=self.customer, by=self.actor, **form.terms())
        return _("The guardian may act now, until the customer comes of age.")


class OwnerCreateView(DelegateActView):
    """Say who the minor's own sign-in is, so that the accounts pass to it at majority."""

    form_class = OwnerForm
    title = gettext_lazy("Name the owner")
    button = gettext_lazy("Name the owner")

    def act(self, form: OwnerForm) -> str:
        name_owner(customer=self.customer, owner=form.cleaned_data["owner"], by=self.actor)
        return _("On the eighteenth birthday the accounts pass to this sign-in.")


class GuardianshipEndView(DelegateActView):
    """End a guardian's right at once."""

    form_class = EndForm
    title = gettext_lazy("End a guardian's right")
    button = gettext_lazy("End it now")

    def act(self, form: EndForm) -> str:
        guardianship = get_object_or_404(Guardianship, customer=self.customer, uuid=self.kwargs["guardianship"])
        end_guardianship(guardianship=guardianship, reason=form.cleaned_data["reason"], by=self.actor)
        return _("Ended. This guardian sees and does nothing more.")


class AgentCreateView(DelegateActView):
    """Take in a signed permission for an agent."""

    form_class = AgentForm
    title = gettext_lazy("Take in a permission for an agent")
    button = gettext_lazy("Record the permission")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer}

    def act(self, form: AgentForm) -> str:
        authorise_agent(customer=self.customer, by=self.actor, **form.terms())
        return _("Recorded. The agent may act for the customer in the period of the permission.")


class AgentRevokeView(OpenedCustomerMixin, View):
    """Revoke a permission at the customer's word."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(AgentAuthorization, customer=self.customer, uuid=kwargs["authorization"])
        _revoke(request, found, self.actor)
        return redirect("accounts:delegate_list", uuid=self.customer.uuid)


class OwnDelegatesView(CustomerRequired, TemplateView):
    """Show a customer's user who acts for them, and for whom they act."""

    template_name = "accounts/own_delegates.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = provider_today()
        customers = list(customers_of(self.user))
        agents = _agents(AgentAuthorization.objects.filter(customer__in=customers), today)
        for each in agents:
            each["may_revoke"] = each["state"] in {"running", "waiting"} and can_revoke_agent(self.actor, each["row"])
        guardianships = Guardianship.objects.filter(customer__in=customers, ended_at__isnull=True)
        return super().get_context_data(
            agents=agents, guardianships=guardianships.select_related("guardian", "customer").order_by("pk"), **kwargs
        )


class OwnAgentRevokeView(CustomerRequired, View):
    """Revoke a permission with one click."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        own = AgentAuthorization.objects.filter(customer__in=customers_of(self.user))
        _revoke(request, get_object_or_404(own, uuid=kwargs["uuid"]), self.actor)
        return redirect("accounts:own_delegates")


def _agents(rows: QuerySet[AgentAuthorization], today: date) -> list[dict[str, Any]]:
    found = rows.select_related("agent", "customer").prefetch_related("memberships__account").order_by("-pk")
    return [{"row": row, "state": row.state_on(today)} for row in found]


def _revoke(request: HttpRequest, authorization: AgentAuthorization, by: Actor) -> None:
    try:
        revoke_agent(authorization=authorization, by=by)
    except NotAllowedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Revoked. The agent sees and does nothing more from now on."))
