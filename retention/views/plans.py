from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import DetailView, FormView, ListView

from accounts.permissions import AdministratorRequired, ProviderRequired
from ledger.actor import Actor
from retention import tasks
from retention.errors import RetentionError
from retention.forms import PlanForm
from retention.models import PurgePlan, Trigger
from retention.plans import EXPECTED_LOCKS, read_plan
from retention.schedule import label_of
from retention.services import approve_purge_plan, discard_purge_plan, make_purge_plan, start_purge
from retention.services.plans import is_admitted
from retention.services.proposals import is_author


class PlanListView(ProviderRequired, ListView):  # type: ignore[type-arg]
    """List the plans of purges, the newest first."""

    template_name = "retention/purgeplan_list.html"
    context_object_name = "plans"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[PurgePlan]:
        return PurgePlan.objects.select_related("run").defer("content", "bounds").order_by("-proposed_at", "-pk")


class PlanCreateView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Rehearse a purge and keep the plan, to be looked at and approved."""

    form_class = PlanForm
    template_name = "retention/purgeplan_create.html"

    def form_valid(self, form: PlanForm) -> HttpResponse:
        by = Actor.of(self.user, reason=form.cleaned_data["reason"])
        try:
            plan = make_purge_plan(by=by, as_of=form.cleaned_data["as_of"], trigger=Trigger.PAGE)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return redirect("retention:plan_detail", uuid=plan.uuid)


class PlanDetailView(ProviderRequired, DetailView):  # type: ignore[type-arg]
    """Show what a plan would do, who made and approved it, and what can be done with it now."""

    template_name = "retention/purgeplan_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "plan"

    def get_queryset(self) -> QuerySet[PurgePlan]:
        return PurgePlan.objects.select_related("run", "limits")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rehearsal = read_plan(self.object)
        labelled = [(item, label_of(item.retention_class), EXPECTED_LOCKS[item.action]) for item in rehearsal.items]
        classes = [entry | {"label": label_of(entry["retention_class"])} for entry in rehearsal.classes()]
        return super().get_context_data(
            classes=[entry for entry in classes if entry["total"] or entry["partitions"]],
            items=labelled,
            run=self.object.taken_up,
            may_act=self.user.role == "administrator",
            needs_another=not is_admitted(self.object) and is_author(self.object, self.actor),
            **kwargs,
        )


class PlanDecideView(AdministratorRequired, View):
    """Approve a plan and carry it out, carry out an approved one, or discard it."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do as the pressed button says."""
        plan = get_object_or_404(PurgePlan, uuid=kwargs["uuid"])
        try:
            return self._decide(plan, request.POST.get("decision", ""))
        except RetentionError as error:
            messages.error(request, str(error))
            return redirect("retention:plan_detail", uuid=plan.uuid)

    def _decide(self, plan: PurgePlan, decision: str) -> HttpResponse:
        if decision == "discard":
            discard_purge_plan(plan=plan, by=self.actor)
            messages.success(self.request, _("The plan is discarded. Nothing was dropped."))
            return redirect("retention:plan_detail", uuid=plan.uuid)
        if decision not in {"approve", "run"}:
            raise BadRequest
        with transaction.atomic():
            if decision == "approve" and not plan.is_approved:
                plan = approve_purge_plan(plan=plan, by=self.actor)
            run = start_purge(plan=plan, by=self.actor)
        transaction.on_commit(lambda: tasks.carry_out.delay(run.pk), robust=True)
        messages.success(self.request, _("The purge is on its way."))
        return redirect("retention:run_detail", uuid=run.uuid)
