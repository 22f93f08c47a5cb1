"""Staff: standing feeds, their nights, and how they are paused, resumed, ended or stopped for one customer."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import DetailView, ListView

from accounts.permissions import BoundStaffRequired
from disclosures.errors import DisclosureError
from disclosures.forms import FeedStepForm, FeedStopForm
from disclosures.models import ReleaseDenial, StandingFeed
from disclosures.services import end_feed, pause_feed, resume_feed, stop_feed_line

NIGHTS_SHOWN = 30
_CHANGES = {"pause": pause_feed, "resume": resume_feed, "end": end_feed}


class FeedListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the standing feeds: those that go on first, with how many customers each has and what the last night did."""

    template_name = "disclosures/standingfeed_list.html"
    context_object_name = "feeds"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[StandingFeed]:
        refused = ReleaseDenial.objects.filter(feed=OuterRef("pk")).order_by("-decided_at").values("decided_at")[:1]
        return (
            StandingFeed.objects.with_state()
            .select_related("recipient", "purpose")
            .annotate(
                customers=Count("lines", filter=Q(lines__closed_on=None)),
                refused_at=Subquery(refused),
            )
            .order_by("-ended_at", "-started_at")
        )


class FeedDetailView(BoundStaffRequired, DetailView):  # type: ignore[type-arg]
    """Show what goes to whom every night and why, the last nights, and what was done to the feed."""

    template_name = "disclosures/standingfeed_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "feed"

    def get_queryset(self) -> QuerySet[StandingFeed]:
        return StandingFeed.objects.with_state().select_related("recipient", "purpose", "basis", "proposal")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        feed = self.object
        return super().get_context_data(
            customers=feed.lines.filter(closed_on=None).count(),
            nights=feed.releases.select_related("package").order_by("-decided_at")[:NIGHTS_SHOWN],
            refusals=feed.releasedenials.order_by("-decided_at")[:NIGHTS_SHOWN],
            steps=feed.steps.order_by("-pk"),
            step_form=FeedStepForm(),
            stop_form=FeedStopForm(prefix="stop"),
            **kwargs,
        )


class FeedStepView(BoundStaffRequired, View):
    """Pause, resume or end a feed, or stop it for one customer."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do what the pressed button says."""
        feed = get_object_or_404(StandingFeed, uuid=kwargs["uuid"])
        what = request.POST.get("step", "")
        if what not in {*_CHANGES, "stop"}:
            return HttpResponseBadRequest()
        form = FeedStopForm(request.POST, prefix="stop") if what == "stop" else FeedStepForm(request.POST)
        if form.is_valid():
            self._change(feed, what, form.cleaned_data)
        else:
            messages.error(request, " ".join(str(text) for texts in form.errors.values() for text in texts))
        return redirect("disclosures:feed_detail", uuid=feed.uuid)

    def _change(self, feed: StandingFeed, what: str, data: dict[str, Any]) -> None:
        try:
            if what == "stop":
                stop_feed_line(customer=data["account"], feed=feed, reason=data["reason"], by=self.actor)
            else:
                _CHANGES[what](feed=feed, reason=data["reason"], by=self.actor)
        except DisclosureError as error:
            messages.error(self.request, str(error))
        else:
            messages.success(self.request, _("The feed is changed."))
