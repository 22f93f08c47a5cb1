"""The steps of a legal demand, one page for all."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic import FormView

from disclosures.demand_desk import STEPS, Step
from disclosures.errors import DemandError
from disclosures.services import undo_step
from disclosures.views.demands import DemandMixin
from protection.clock import provider_today
from protection.evidence.errors import EvidenceError
from retention.errors import RetentionError


class DemandStepView(DemandMixin, FormView):  # type: ignore[type-arg]
    """Take one step of a demand (`step` in the URL); to undo one, `?of=` names it."""

    template_name = "disclosures/demand_step.html"

    @cached_property
    def step(self) -> Step:
        """Return the step; an unknown one is a 404."""
        try:
            return STEPS[self.kwargs["step"]]
        except KeyError:
            raise Http404 from None

    @cached_property
    def undone(self) -> Any:
        """Return the step that is to be undone, where that is the step."""
        if self.kwargs["step"] != "undo":
            return None
        asked = self.request.GET.get("of", "")
        found = [each for each in self.demand.events.all() if str(each.uuid) == asked]
        return found[0] if found else get_object_or_404(self.demand.events.none())

    def get_form_class(self) -> type[forms.Form]:
        return self.step.form

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "demand": self.demand, "today": provider_today()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demand=self.demand, step=self.step, undone=self.undone, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                if self.undone is not None:
                    undo_step(step=self.undone, note=form.cleaned_data["note"], by=self.actor)
                else:
                    self.step.act(self.demand, form, self.actor)
        except (DemandError, EvidenceError, RetentionError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, str(self.step.done))
        return redirect("disclosures:demand_detail", uuid=self.demand.uuid)
