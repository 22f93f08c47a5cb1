from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from accounts.models import Role
from accounts.permissions import BoundStaffRequired
from disclosures.history import HistoryFilter
from disclosures.services import note_search
from portal.controls.catalogue import CONTROLS
from portal.controls.findings import Control
from portal.models import ControlRun
from portal.tasks import run_all_controls

SHOWN = 100
_LATEST = ControlRun.objects.filter(code=OuterRef("code")).order_by("-ran_at", "-pk").values("pk")[:1]


class ControllersRequired(BoundStaffRequired):
    """For auditors and administrators whom a confidentiality agreement binds today."""

    roles = (Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Asked:
    """A control with its last run, None before the first."""

    control: Control
    run: ControlRun | None


class ControlListView(ControllersRequired, TemplateView):
    """Show every control with what its last run counted; run them all on POST."""

    template_name = "portal/control_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = {run.code: run for run in ControlRun.objects.filter(pk=Subquery(_LATEST))}
        asked = [Asked(control, runs.get(code)) for code, control in CONTROLS.items()]
        return super().get_context_data(asked=asked, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Have a worker run them."""
        transaction.on_commit(run_all_controls.delay, robust=True)
        messages.success(request, _("The controls are being run. Load this page again in a minute."))
        return redirect("controls")


class ControlDetailView(ControllersRequired, TemplateView):
    """Ask one control now and show what it finds."""

    template_name = "portal/control_detail.html"

    @cached_property
    def control(self) -> Control:
        """Return the control the page is about; an unknown one is a 404."""
        control = CONTROLS.get(self.kwargs["code"])
        if control is None:
            raise Http404
        return control

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        note_search(filters=HistoryFilter(), what=f"control {self.control.code}", by=self.actor)
        runs = ControlRun.objects.filter(code=self.control.code).order_by("-ran_at", "-pk")[:30]
        return super().get_context_data(
            control=self.control,
            count=self.control.count(),
            findings=self.control.findings(SHOWN),
            runs=runs,
            **kwargs,
        )
