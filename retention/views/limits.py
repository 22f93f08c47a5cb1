from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView

from accounts.permissions import AdministratorRequired
from retention.errors import RetentionError
from retention.forms import LimitsForm
from retention.models import LimitProposal, PurgeLimits
from retention.services import approve_limits, change_limits, refuse_limits


class LimitsView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Show the limits of a purge with their former versions, and propose others."""

    form_class = LimitsForm
    template_name = "retention/purgelimits_change.html"

    def get_initial(self) -> dict[str, Any]:
        limits = PurgeLimits.objects.current().get()
        return {"months_at_once": limits.months_at_once, "rows_at_once": limits.rows_at_once}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            limits=PurgeLimits.objects.current().get(),
            versions=PurgeLimits.objects.select_related("proposal").order_by("-valid_from", "-pk")[:20],
            waiting=LimitProposal.objects.filter(decided_at__isnull=True).first(),
            **kwargs,
        )

    def form_valid(self, form: LimitsForm) -> HttpResponse:
        try:
            proposal = change_limits(by=self.actor, **form.cleaned_data)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        waiting = _("Higher limits wait until another administrator approves them.")
        messages.success(self.request, waiting if proposal.is_raising else _("The limits are in force."))
        return redirect("retention:limits")


class LimitsDecideView(AdministratorRequired, View):
    """Approve or refuse higher limits that another administrator proposed."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Decide as the pressed button says."""
        proposal = get_object_or_404(LimitProposal, uuid=kwargs["uuid"])
        decide = approve_limits if request.POST.get("decision") == "approve" else refuse_limits
        try:
            decide(proposal=proposal, by=self.actor)
        except RetentionError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The change is decided."))
        return redirect("retention:limits")
