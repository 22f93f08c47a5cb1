"""The desk for legal demands: what came in, where each stands, what can be done, what was done."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, ListView, TemplateView, View

from accounts.permissions import BoundStaffRequired
from disclosures.concealment import concealments_of
from disclosures.demand_conditions import bases_for, notice_of, state_of
from disclosures.demand_desk import STEPS
from disclosures.demand_forms import ComplyForm, DemandFilterForm, DemandForm
from disclosures.demand_uploads import seal_document
from disclosures.errors import DemandError, ReleaseDenied, RequestReusedError
from disclosures.models import CLOSED_STATES, DemandEvent, LegalDemand, NonDisclosureOrder
from disclosures.services import comply_with_demand, preview_compliance, take_in_demand
from disclosures.services.compliance import judged_by
from disclosures.services.demand_steps import next_steps
from disclosures.tasks import build_release_package
from protection.clock import provider_today
from protection.evidence.errors import EvidenceError
from protection.files import open_file
from retention.models import LegalHold


class DemandListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the demands, the newest first; filters live in the address."""

    template_name = "disclosures/demand_list.html"
    context_object_name = "demands"
    paginate_by = 25

    @cached_property
    def form(self) -> DemandFilterForm:
        """Return the filters as they stand in the address."""
        return DemandFilterForm(self.request.GET)

    def get_queryset(self) -> QuerySet[LegalDemand]:
        chosen = self.form.cleaned_data if self.form.is_valid() else {}
        found = LegalDemand.objects.with_state(provider_today()).select_related("recipient").order_by("-pk")
        if text := chosen.get("q"):
            found = found.filter(Q(case_number__icontains=text) | Q(authority__icontains=text))
        if kind := chosen.get("kind"):
            found = found.filter(kind=kind)
        if (state := chosen.get("state")) == "open":
            return found.exclude(state_code__in=CLOSED_STATES)  # type: ignore[misc]
        return found.filter(state_code=state) if state else found  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, today=provider_today(), **kwargs)


class DemandCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Take a demand in."""

    form_class = DemandForm
    template_name = "disclosures/demand_create.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "today": provider_today()}

    def form_valid(self, form: DemandForm) -> HttpResponse:
        try:
            with transaction.atomic():
                document = seal_document(form.cleaned_data["document"])
                order = form.order(seal_document(form.cleaned_data["order_document"]))
                terms = form.terms(document)
                demand = take_in_demand(terms=terms, named=form.named(), order=order, by=self.actor)
        except (DemandError, EvidenceError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The demand is taken in. What it names is held from now on."))
        return redirect("disclosures:demand_detail", uuid=demand.uuid)


class DemandMixin(BoundStaffRequired):
    """For pages about one demand (`uuid` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def demand(self) -> LegalDemand:
        """Return the demand; an unknown one is a 404."""
        return get_object_or_404(LegalDemand.objects.select_related("recipient", "document"), uuid=self.kwargs["uuid"])


class DemandDetailView(DemandMixin, TemplateView):
    """Show a demand: what it is, where it stands and why, what can be done, its history, its proof."""

    template_name = "disclosures/demand_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demand, today = self.demand, provider_today()
        state = state_of(demand, today)
        hidden = concealments_of(demand)
        return super().get_context_data(
            demand=demand,
            state=state,
            is_closed=state in CLOSED_STATES,
            notice=notice_of(demand),
            subjects=demand.subjects.select_related("customer", "account").order_by("pk"),
            steps=demand.events.select_related("customer", "assignee", "undoes").order_by("-pk"),
            undoable=set(demand.events.standing().filter(what__in=DemandEvent.UNDOABLE).values_list("pk", flat=True)),
            offered=[(name, STEPS[name].title) for name in next_steps(demand, state, is_hidden=bool(hidden))],
            can_comply=state not in CLOSED_STATES and bases_for(demand).exists(),
            is_hidden=bool(hidden),
            order=NonDisclosureOrder.objects.latest_of(demand),
            judged_by=judged_by(demand),
            releases=demand.releases.select_related("basis").order_by("-pk"),
            holds=LegalHold.objects.filter(origin=demand.origin).order_by("-pk"),
            today=today,
            **kwargs,
        )


class DemandDocumentView(DemandMixin, View):
    """Hand staff the document of a demand, or of the latest order not to tell (`?of=order`)."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open the sealed file."""
        file = self.demand.document
        if request.GET.get("of") == "order":
            latest = NonDisclosureOrder.objects.latest_of(self.demand)
            file = latest.document if latest else None
        if file is None or file.destroyed_at is not None:
            raise Http404
        return FileResponse(open_file(file), as_attachment=True, filename=file.name, content_type=file.content_type)


class DemandComplyView(DemandMixin, FormView):  # type: ignore[type-arg]
    """Comply with a demand: first what the gate would say, then the release itself."""

    form_class = ComplyForm
    template_name = "disclosures/demand_comply.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "demand": self.demand}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demand=self.demand, **kwargs)

    def form_valid(self, form: ComplyForm) -> HttpResponse:
        asked: dict[str, Any] = {"demand": self.demand, "answer": form.answer(), "reason": form.cleaned_data["reason"]}
        try:
            if "preview" in self.request.POST:
                decision = preview_compliance(**asked, by=self.actor)
                return self.render_to_response(self.get_context_data(form=form, decision=decision))
            release = comply_with_demand(**asked, by=self.actor, request_uuid=form.cleaned_data["request_uuid"])
        except (DemandError, RequestReusedError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        except ReleaseDenied as refused:
            return redirect("disclosures:denial_detail", uuid=refused.denial.uuid)
        transaction.on_commit(lambda: build_release_package.delay(release.pk), robust=True)
        messages.success(self.request, _("The data is released. The file is being built."))
        return redirect("disclosures:demand_detail", uuid=self.demand.uuid)
