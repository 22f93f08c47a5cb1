from typing import Any

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, ListView

from accounts.permissions import ProviderRequired, StaffRequired
from accounts.selectors import recently_opened
from retention.errors import RetentionError
from retention.forms import HoldForm, ReleaseForm
from retention.models import HoldRelease, LegalHold
from retention.schedule import label_of
from retention.services import approve_release, place_hold, propose_release, refuse_release


class HoldListView(ProviderRequired, ListView):  # type: ignore[type-arg]
    """List the legal holds, those in force first."""

    template_name = "retention/legalhold_list.html"
    context_object_name = "holds"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[LegalHold]:
        holds = LegalHold.objects.select_related("customer", "account")
        return holds.order_by(F("released_at").desc(nulls_first=True), "-placed_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for hold in context["holds"]:
            hold.what = ", ".join(label_of(code) for code in hold.retention_classes)
        return context


class HoldCreateView(StaffRequired, FormView):  # type: ignore[type-arg]
    """Place a legal hold."""

    form_class = HoldForm
    template_name = "retention/legalhold_create.html"

    def get_initial(self) -> dict[str, Any]:
        """Fill in the newest account of `?customer=<uuid>`, whom this person has opened."""
        asked = self.request.GET.get("customer", "")
        opened = (opening.customer for opening in recently_opened(self.user))
        customer = next((each for each in opened if str(each.uuid) == asked), None)
        account = customer.accounts.order_by("-opened_on").first() if customer else None
        return {"account_number": account.number, "scope": "customer"} if account else {}

    def form_valid(self, form: HoldForm) -> HttpResponse:
        try:
            place_hold(by=self.actor, **form.subject(), **form.terms())
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The hold is placed. What it covers is kept from now on."))
        return redirect("retention:hold_list")


class HoldReleaseView(StaffRequired, FormView):  # type: ignore[type-arg]
    """Propose the release of a legal hold; show the proposal that waits to who may decide it."""

    form_class = ReleaseForm
    template_name = "retention/legalhold_release.html"

    @cached_property
    def hold(self) -> LegalHold:
        """Return the hold it is about; an unknown one is a 404."""
        return get_object_or_404(LegalHold.objects.select_related("customer", "account"), uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        what = ", ".join(label_of(code) for code in self.hold.retention_classes)
        waiting = self.hold.releases.filter(decided_at__isnull=True).first()
        return super().get_context_data(hold=self.hold, what=what, waiting=waiting, **kwargs)

    def form_valid(self, form: ReleaseForm) -> HttpResponse:
        try:
            propose_release(hold=self.hold, reason=form.cleaned_data["reason"], by=self.actor)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The release is proposed. The hold stays until another person approves it."))
        return redirect("retention:hold_list")


class ReleaseDecideView(StaffRequired, View):
    """Approve or refuse the release of a hold that another person proposed."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Decide as the pressed button says."""
        release = get_object_or_404(HoldRelease.objects.select_related("hold"), uuid=kwargs["uuid"])
        is_approval = request.POST.get("decision") == "approve"
        try:
            if is_approval:
                approve_release(release=release, by=self.actor)
            else:
                refuse_release(release=release, by=self.actor)
        except RetentionError as error:
            messages.error(request, str(error))
            return redirect("retention:hold_release", uuid=release.hold.uuid)
        approved = _("The hold is released. What it alone kept goes with the next purge.")
        messages.success(request, approved if is_approval else _("The hold stays in force."))
        return redirect("retention:hold_list")
