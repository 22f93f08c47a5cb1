from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, TemplateView

from accounts.permissions import AdministratorRequired, ProviderRequired
from ledger.actor import Actor
from retention import tasks
from retention.errors import RetentionError
from retention.forms import StartPurgeForm
from retention.models import Certificate, PurgeRun
from retention.overview import class_states, latest_runs, next_purge
from retention.plans import EXPECTED_LOCKS
from retention.schedule import label_of
from retention.selectors import open_proposals
from retention.services import begin_purge, plan_purge
from retention.views.certificates import labelled_totals


class OverviewView(ProviderRequired, TemplateView):
    """Show every retention class with its rule, its oldest row and what is past its time."""

    template_name = "retention/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        states = class_states(plan_purge())
        return super().get_context_data(
            states=states,
            past_due=sum(state.past_due for state in states),
            next_purge=next_purge(),
            runs=latest_runs(),
            proposals=open_proposals().count(),
            **kwargs,
        )


class PlanView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Rehearse the purge of today, and start it."""

    form_class = StartPurgeForm
    template_name = "retention/purgerun_create.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = plan_purge()
        items = [(item, label_of(item.retention_class), EXPECTED_LOCKS[item.action]) for item in plan.items]
        classes = [entry | {"label": label_of(entry["retention_class"])} for entry in plan.classes() if entry["total"]]
        return super().get_context_data(plan=plan, classes=classes, items=items, **kwargs)

    def form_valid(self, form: StartPurgeForm) -> HttpResponse:
        by = Actor.of(self.user, reason=form.cleaned_data["reason"])
        try:
            run = begin_purge(by=by, trigger=PurgeRun.Trigger.PAGE)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        transaction.on_commit(lambda: tasks.carry_out.delay(run.pk), robust=True)
        messages.success(self.request, _("The purge is on its way."))
        return redirect("retention:run_detail", uuid=run.uuid)


class RunDetailView(ProviderRequired, DetailView):  # type: ignore[type-arg]
    """Show a run while it goes on, and what became of each of its items."""

    template_name = "retention/purgerun_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "run"

    def get_queryset(self) -> QuerySet[PurgeRun]:
        return PurgeRun.objects.select_related("certificate")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        items = list(self.object.items.order_by("position"))
        return super().get_context_data(
            items=[(item, label_of(item.retention_class)) for item in items],
            done=sum(item.finished_at is not None for item in items),
            totals=labelled_totals(self.object),
            certificate=Certificate.objects.filter(run=self.object).first(),
            **kwargs,
        )
