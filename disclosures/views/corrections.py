"""Recipients: values that we gave them and that were corrected since."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.generic import DetailView, ListView

from accounts.permissions import RecipientRequired
from disclosures.conditions import for_recipient
from disclosures.models import CorrectionNotice, CorrectionReceipt
from disclosures.services import acknowledge_correction


class CorrectionListView(RecipientRequired, ListView):  # type: ignore[type-arg]
    """List the corrections that a recipient was told of; those that nobody acknowledged first."""

    template_name = "disclosures/correctionnotice_list.html"
    context_object_name = "notices"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[CorrectionNotice]:
        taken = CorrectionReceipt.objects.filter(notice=OuterRef("pk"))
        notices = CorrectionNotice.objects.filter(recipient=self.user.recipient_id)
        return notices.annotate(is_acknowledged=Exists(taken)).order_by("is_acknowledged", "-created_at", "-pk")


class CorrectionView(RecipientRequired, DetailView):  # type: ignore[type-arg]
    """Show where a wrong value stands; on POST take note of it, and show what is right.

    Row security leaves only one's own notices in sight: a stranger's is a 404.
    """

    template_name = "disclosures/correctionnotice_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "notice"

    def get_queryset(self) -> QuerySet[CorrectionNotice]:
        return CorrectionNotice.objects.filter(recipient=self.user.recipient_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        receipts = self.object.receipts.order_by("created_at")
        return super().get_context_data(**{"receipts": receipts, "told": None, **kwargs})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Acknowledge; each time the value is handed over is checked and recorded."""
        self.object = self.get_object()
        told = acknowledge_correction(notice=self.object, by=self.actor)
        missing = for_recipient(told.receipt.reasons)
        return self.render_to_response(self.get_context_data(told=told, missing=missing))
