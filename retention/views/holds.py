from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, ListView, TemplateView

from accounts.permissions import ProviderRequired, StaffRequired
from accounts.selectors import recently_opened
from energy.selectors import months_before
from protection.clock import provider_today
from retention.errors import RetentionError
from retention.extents import extent_of
from retention.forms import HoldFilterForm, HoldForm, ReleaseForm, ReviewForm
from retention.models import HoldRelease, LegalHold
from retention.schedule import label_of
from retention.selectors import search_holds
from retention.services import approve_release, place_hold, propose_release, refuse_release, review_hold

ORIGIN_PAGES = {
    "rights.Correction": "rights:correction_decide",
    "rights.RightsRequest": "rights:request_answer",
    "disclosures.LegalDemand": "disclosures:demand_detail",
}
"""Where the cases that imply holds are decided."""

REVIEWED_AFTER_MONTHS = 6
"""The next review that a form proposes."""


class HoldListView(ProviderRequired, ListView):  # type: ignore[type-arg]
    """List the legal holds, those in force first; filters live in the address."""

    template_name = "retention/legalhold_list.html"
    context_object_name = "holds"
    paginate_by = 50

    @cached_property
    def form(self) -> HoldFilterForm:
        """Return the filters as they stand in the address."""
        return HoldFilterForm(self.request.GET)

    @property
    def chosen(self) -> dict[str, Any]:
        """Return what was asked for; nothing where a filter makes no sense."""
        return {name: value for name, value in self.form.cleaned_data.items() if value} if self.form.is_valid() else {}

    def get_queryset(self) -> QuerySet[LegalHold]:
        chosen = self.chosen
        return search_holds(text=chosen.pop("q", ""), day=provider_today(), **chosen)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(form=self.form, filters=self._filters(), today=provider_today(), **kwargs)
        for hold in context["holds"]:
            hold.what = _what(hold)
        return context

    def _filters(self) -> list[dict[str, str]]:
        """Return the filters in force, each with the address without it."""
        filters = []
        for name, value in self.chosen.items():
            query = self.request.GET.copy()
            query.pop(name)
            query.pop("page", None)
            shown = dict(HoldFilterForm.base_fields["state"].choices)[value] if name == "state" else value  # type: ignore[attr-defined]
            filters.append({"label": str(self.form[name].label), "value": str(shown), "url": f"?{query.urlencode()}"})
        return filters


class HoldMixin:
    """For pages about one hold (`uuid` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def hold(self) -> LegalHold:
        """Return the hold it is about, with its next review; an unknown one is a 404."""
        holds = LegalHold.objects.with_review().select_related("customer", "account__customer", "usage_point")
        return get_object_or_404(holds, uuid=self.kwargs["uuid"])

    @property
    def waiting(self) -> HoldRelease | None:
        """Return the release that waits for a second person."""
        return self.hold.releases.filter(decided_at__isnull=True).first()


class HoldDetailView(HoldMixin, ProviderRequired, TemplateView):
    """Show a hold: what it is, its state and why, what it holds now, what can be done, its history."""

    template_name = "retention/legalhold_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            hold=self.hold,
            what=_what(self.hold),
            coverage=extent_of(self.hold),
            waiting=self.waiting,
            reviews=self.hold.reviews.order_by("-pk"),
            releases=self.hold.releases.order_by("-pk"),
            origin_url=_origin_page(self.hold),
            is_overdue=_is_overdue(self.hold, provider_today()),
            **kwargs,
        )


class HoldCreateView(StaffRequired, FormView):  # type: ignore[type-arg]
    """Place a legal hold, after a look at what it would cover."""

    form_class = HoldForm
    template_name = "retention/legalhold_create.html"

    def get_initial(self) -> dict[str, Any]:
        """Fill in who asks, and the newest account of `?customer=<uuid>`, whom this person has opened."""
        initial: dict[str, Any] = {
            "owner": self.user.pk,
            "review_on": months_before(provider_today(), -REVIEWED_AFTER_MONTHS),
        }
        asked = self.request.GET.get("customer", "")
        opened = (opening.customer for opening in recently_opened(self.user))
        customer = next((each for each in opened if str(each.uuid) == asked), None)
        account = customer.accounts.order_by("-opened_on").first() if customer else None
        return initial | ({"account_number": account.number, "scope": "customer"} if account else {})

    def form_valid(self, form: HoldForm) -> HttpResponse:
        if self.request.POST.get("step") == "preview":
            return self._previewed(form)
        try:
            hold = place_hold(by=self.actor, **form.subject(), **form.terms())
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The hold is placed. What it covers is kept from now on."))
        return redirect("retention:hold_detail", uuid=hold.uuid)

    def _previewed(self, form: HoldForm) -> HttpResponse:
        """Show the form again with what the hold would cover; nothing is placed."""
        draft = form.draft()
        return self.render_to_response(self.get_context_data(form=form, draft=draft, coverage=extent_of(draft)))


class HoldReleaseView(HoldMixin, StaffRequired, FormView):  # type: ignore[type-arg]
    """Propose the release of a legal hold; show the proposal that waits to who may decide it."""

    form_class = ReleaseForm
    template_name = "retention/legalhold_release.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(hold=self.hold, what=_what(self.hold), waiting=self.waiting, **kwargs)

    def form_valid(self, form: ReleaseForm) -> HttpResponse:
        try:
            propose_release(hold=self.hold, reason=form.cleaned_data["reason"], by=self.actor)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The release is proposed. The hold stays until another person approves it."))
        return redirect("retention:hold_detail", uuid=self.hold.uuid)


class ReleaseDecideView(StaffRequired, View):
    """Approve or refuse the release of a hold that another person proposed."""

    def post(self, request: HttpRequest, *, uuid: UUID) -> HttpResponse:
        """Decide as the pressed button says."""
        release = get_object_or_404(HoldRelease.objects.select_related("hold"), uuid=uuid)
        is_approval = request.POST.get("decision") == "approve"
        try:
            if is_approval:
                approve_release(release=release, by=self.actor)
            else:
                refuse_release(release=release, by=self.actor)
        except RetentionError as error:
            messages.error(request, str(error))
        else:
            approved = _("The hold is released. What it alone kept goes with the next purge.")
            messages.success(request, approved if is_approval else _("The hold stays in force."))
        return redirect("retention:hold_detail", uuid=release.hold.uuid)


class HoldReviewView(HoldMixin, StaffRequired, FormView):  # type: ignore[type-arg]
    """Keep a hold in force until its next review, with the reason."""

    form_class = ReviewForm
    template_name = "retention/legalhold_review.html"

    def get_initial(self) -> dict[str, Any]:
        owner = getattr(self.hold, "present_owner_id", None)
        next_review_on = months_before(provider_today(), -REVIEWED_AFTER_MONTHS)
        return {"owner": owner or self.user.pk, "next_review_on": next_review_on}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(hold=self.hold, what=_what(self.hold), **kwargs)

    def form_valid(self, form: ReviewForm) -> HttpResponse:
        try:
            review_hold(hold=self.hold, by=self.actor, **form.cleaned_data)
        except RetentionError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The review is recorded; the hold stays in force."))
        return redirect("retention:hold_detail", uuid=self.hold.uuid)


def _what(hold: LegalHold) -> str:
    return ", ".join(label_of(code) for code in hold.retention_classes)


def _is_overdue(hold: LegalHold, today: date) -> bool:
    next_review_on: date | None = getattr(hold, "next_review_on", None)
    return hold.is_in_force and next_review_on is not None and next_review_on <= today


def _origin_page(hold: LegalHold) -> str:
    """Return where the case that implies the hold is decided; empty for an ordered hold."""
    try:
        return reverse(ORIGIN_PAGES[hold.origin_kind], kwargs={"uuid": hold.origin.partition(":")[2]})
    except (KeyError, NoReverseMatch):
        return ""
