"""The breach desk: what happened, whose data, who must be told until when, the letters, the log."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView, View

from accounts.permissions import BoundStaffRequired
from disclosures.breach_forms import BreachCustomersForm, BreachForm, BreachStepForm
from disclosures.breach_letter import letter_of
from disclosures.errors import BreachError
from disclosures.models import Breach, BreachStep
from disclosures.services.breaches import (
    add_breach_customers,
    clocks_of,
    close_breach,
    note_breach_step,
    record_breach,
    write_to_breach_customers,
)
from protection.clock import provider_today


class BreachListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the breaches, the latest detected first."""

    template_name = "disclosures/breach_list.html"
    context_object_name = "breaches"
    paginate_by = 25
    queryset = Breach.objects.order_by("-detected_on", "-pk")


class BreachCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Record a breach."""

    form_class = BreachForm
    template_name = "disclosures/breach_create.html"

    def form_valid(self, form: BreachForm) -> HttpResponse:
        try:
            with transaction.atomic():
                breach = record_breach(breach=form.breach(), by=self.actor)
        except BreachError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The breach is recorded, and its clocks run."))
        return redirect("disclosures:breach_detail", uuid=breach.uuid)


class BreachMixin(BoundStaffRequired):
    """For pages about one breach (`uuid` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def breach(self) -> Breach:
        """Return the breach; an unknown one is a 404."""
        return get_object_or_404(Breach.objects.all(), uuid=self.kwargs["uuid"])


class BreachDetailView(BreachMixin, DetailView):  # type: ignore[type-arg]
    """Show a breach: what it is, the clocks, how far the letters are, the log."""

    template_name = "disclosures/breach_detail.html"
    context_object_name = "breach"

    def get_object(self, queryset: Any = None) -> Breach:
        return self.breach

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        concerned = self.breach.customers.all()
        return super().get_context_data(
            clocks=clocks_of(self.breach),
            today=provider_today(),
            count=concerned.count(),
            written=concerned.filter(message__isnull=False).count(),
            sent=concerned.filter(message__status="sent").count(),
            steps=self.breach.steps.order_by("-pk"),
            **kwargs,
        )


class BreachCustomersView(BreachMixin, FormView):  # type: ignore[type-arg]
    """Say whose data it is."""

    form_class = BreachCustomersForm
    template_name = "disclosures/breach_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(breach=self.breach, title=_("Add customers"), **kwargs)

    def form_valid(self, form: BreachCustomersForm) -> HttpResponse:
        try:
            with transaction.atomic():
                count = add_breach_customers(breach=self.breach, customers=form.customers(), by=self.actor)
        except BreachError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("Customers added: %(count)s.") % {"count": count})
        return redirect("disclosures:breach_detail", uuid=self.breach.uuid)


class BreachStepView(BreachMixin, FormView):  # type: ignore[type-arg]
    """Record a step, or close the breach."""

    form_class = BreachStepForm
    template_name = "disclosures/breach_step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(breach=self.breach, title=_("Record a step"), **kwargs)

    def form_valid(self, form: BreachStepForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            with transaction.atomic():
                if data["what"] == BreachStep.What.CLOSED:
                    close_breach(breach=self.breach, note=data["note"], by=self.actor)
                else:
                    note_breach_step(breach=self.breach, by=self.actor, **data)
        except BreachError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The step is recorded."))
        return redirect("disclosures:breach_detail", uuid=self.breach.uuid)


class BreachWriteView(BreachMixin, View):
    """Write to the customers concerned, by a button."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                count = write_to_breach_customers(breach=self.breach, by=self.actor)
            messages.success(request, _("Customers written to: %(count)s.") % {"count": count})
        except BreachError as error:
            messages.error(request, str(error))
        return redirect("disclosures:breach_detail", uuid=self.breach.uuid)


class BreachLetterView(BreachMixin, View):
    """Hand staff the letter as a PDF in both languages, to print for who has no e-mail."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        headers = {"Content-Disposition": 'attachment; filename="letter.pdf"'}
        return HttpResponse(letter_of(self.breach), content_type="application/pdf", headers=headers)
