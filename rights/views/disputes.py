from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from accounts.models import Dispute
from rights.errors import RightsError
from rights.forms import DisagreementForm
from rights.models import Correction
from rights.services import state_disagreement, withdraw_disagreement
from rights.views.subjects import SubjectMixin


class DisagreeView(SubjectMixin, FormView):  # type: ignore[type-arg]
    """Let a customer attach a statement of disagreement to a value whose correction we refused."""

    form_class = DisagreementForm
    template_name = "rights/disagreement_create.html"

    @cached_property
    def correction(self) -> Correction:
        """Return the refused correction; one that was not refused, or a stranger's, is a 404."""
        correction = get_object_or_404(Correction.objects.visible_to(self.user), uuid=self.kwargs["uuid"])
        if correction.status != Correction.Status.REFUSED:
            raise Http404
        return correction

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(correction=self.correction, **kwargs)

    def form_valid(self, form: DisagreementForm) -> HttpResponse:
        try:
            state_disagreement(correction=self.correction, statement=form.cleaned_data["statement"], by=self.actor)
        except RightsError as error:
            form.add_error("statement", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Your statement stands beside the value and goes out with it from now on."))
        return redirect("accounts:my_data")


class DisagreementWithdrawView(SubjectMixin, View):
    """Take back one of the customer's own statements of disagreement, by a button."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        own = Dispute.objects.filter(customer__in=self.customers)
        try:
            withdraw_disagreement(dispute=get_object_or_404(own, uuid=self.kwargs["uuid"]), by=self.actor)
        except RightsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your statement is withdrawn. It no longer goes out with the value."))
        return redirect("accounts:my_data")
