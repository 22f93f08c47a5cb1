"""To whom which privacy notice was sent, when and how: for the desk, and for the customer."""

from typing import Any

from django.db.models import QuerySet
from django.views.generic import ListView

from accounts.permissions import BoundStaffRequired, CustomerRequired
from accounts.selectors import customers_of, search_customers
from consent.models import NoticeDelivery, NoticeRun


class DeliveryListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the deliveries, of everybody or of who is looked for (`q`), and the rounds with their progress."""

    template_name = "consent/noticedelivery_list.html"
    paginate_by = 25

    @property
    def text(self) -> str:
        """Return what is looked for: a name or an account number."""
        return self.request.GET.get("q", "").strip()

    def get_queryset(self) -> QuerySet[NoticeDelivery]:
        found = NoticeDelivery.objects.select_related("notice", "customer").order_by("-created_at", "-pk")
        return found.filter(customer__in=search_customers(self.text)) if self.text else found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = NoticeRun.objects.select_related("notice").order_by("-pk")[:10]
        return super().get_context_data(runs=list(runs), text=self.text, **kwargs)


class ReceivedListView(CustomerRequired, ListView):  # type: ignore[type-arg]
    """Show customers which privacy notices they were sent."""

    template_name = "consent/noticedelivery_received.html"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[NoticeDelivery]:
        found = NoticeDelivery.objects.filter(customer__in=customers_of(self.user))
        return found.select_related("notice", "customer").order_by("-created_at", "-pk")
