from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import DetailView, ListView

from accounts.permissions import AdministratorRequired, ProviderRequired
from retention import tasks
from retention.errors import RetentionError
from retention.forms import OrderForm
from retention.models import Certificate, PurgeItem, PurgeRun, RunOrder
from retention.schedule import label_of
from retention.services import pause_purge, resume_purge
from retention.views.certificates import labelled_totals


class RunListView(ProviderRequired, ListView):  # type: ignore[type-arg]
    """List the runs of the purge with their certificates, the newest first."""

    template_name = "retention/purgerun_list.html"
    context_object_name = "runs"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[PurgeRun]:
        return PurgeRun.objects.select_related("certificate").order_by("-created_at", "-pk")


class RunDetailView(ProviderRequired, DetailView):  # type: ignore[type-arg]
    """Show a run while it goes on, and what became of each of its items."""

    template_name = "retention/purgerun_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "run"

    def get_queryset(self) -> QuerySet[PurgeRun]:
        return PurgeRun.objects.select_related("certificate", "plan")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        items = list(self.object.items.order_by("position"))
        return super().get_context_data(
            items=[(item, label_of(item.retention_class)) for item in items],
            done=sum(item.finished_at is not None for item in items),
            shrunk=sum(item.shrunk_by for item in items if item.status == PurgeItem.Status.DONE),
            totals=labelled_totals(self.object),
            certificate=Certificate.objects.filter(run=self.object).first(),
            orders=self.object.orders.order_by("-given_at", "-pk"),
            order_form=OrderForm(),
            may_act=self.user.role == "administrator",
            **kwargs,
        )


class RunOrderView(AdministratorRequired, View):
    """Pause a run, or let it go on."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Give the order that the pressed button names."""
        run = get_object_or_404(PurgeRun, uuid=kwargs["uuid"])
        form = OrderForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(error) for error in form.errors["reason"]))
            return redirect("retention:run_detail", uuid=run.uuid)
        if request.POST.get("order") not in RunOrder.Kind.values:
            raise BadRequest
        is_pause = request.POST["order"] == RunOrder.Kind.PAUSE
        order = pause_purge if is_pause else resume_purge
        try:
            order(run=run, reason=form.cleaned_data["reason"], by=self.actor)
        except RetentionError as error:
            messages.error(request, str(error))
        else:
            if not is_pause:
                transaction.on_commit(lambda: tasks.carry_out.delay(run.pk), robust=True)
            paused = _("The purge pauses after the step that it is at.")
            messages.success(request, paused if is_pause else _("The purge goes on."))
        return redirect("retention:run_detail", uuid=run.uuid)
