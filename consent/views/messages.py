"""Messages that staff send by hand: letters to print, calls and texts to make, and what failed."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import ListView, TemplateView, View

from accounts.errors import NotAllowedError
from accounts.models import Channel, Customer, OutboxMessage
from accounts.permissions import BoundStaffRequired, OpenedCustomerMixin
from accounts.services import open_customer
from accounts.topics import TOPICS
from consent.contact import address_of, postal_lines
from consent.errors import ConsentError
from consent.mail import write
from consent.outcomes import label_of
from consent.services import is_still_approved, retry_message, settle_at_desk

Status = OutboxMessage.Status


class MessageListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List what waits at the desk, the oldest first, then what failed. It names no customer."""

    template_name = "consent/message_list.html"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[OutboxMessage]:
        return OutboxMessage.objects.filter(status__in=[Status.AT_DESK, Status.FAILED]).order_by(
            "status", "created_at", "pk"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [
            {"message": row, "topic": TOPICS[row.topic].label, "why": label_of(row.outcome)}
            for row in context["object_list"]
        ]
        return {**context, "rows": rows}


class DeskMessageMixin(OpenedCustomerMixin):
    """For pages about one message at the desk (`uuid` in the URL), whose customer must have been opened for it."""

    @cached_property
    def message(self) -> OutboxMessage:
        """Return the message that waits at the desk; any other is a 404."""
        return get_object_or_404(OutboxMessage.objects.at_desk().select_related("customer"), uuid=self.kwargs["uuid"])

    @cached_property
    def customer(self) -> Customer:
        """Return whom the message is to; only customers' messages come to the desk."""
        return get_object_or_404(Customer.objects.all(), pk=self.message.customer_id)


class MessageOpenView(BoundStaffRequired, View):
    """Open a message's customer for the sake of sending it; the look is logged where the customer sees it."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        waiting = OutboxMessage.objects.at_desk().select_related("customer")
        message = get_object_or_404(waiting, uuid=kwargs["uuid"])
        if message.customer is not None:
            reason = _("To send the message “%(subject)s” by hand") % {"subject": message.subject}
            open_customer(customer=message.customer, reason=reason, by=self.actor)
        return redirect("consent:message_detail", uuid=message.uuid)


class MessageDetailView(DeskMessageMixin, TemplateView):
    """Show a letter to print, or whom to call and what to say."""

    template_name = "consent/message_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message, customer = self.message, self.customer
        return super().get_context_data(
            message=message,
            customer=customer,
            written=write(message, message.language, message.channel),
            is_letter=message.channel == Channel.POST,
            lines=postal_lines(customer),
            address=address_of(customer, Channel(message.channel)),
            is_approved=is_still_approved(message),
            **kwargs,
        )


class MessageSettleView(BoundStaffRequired, View):
    """Note that a message was sent by hand, or could not be."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        message = get_object_or_404(OutboxMessage.objects.all(), uuid=kwargs["uuid"])
        try:
            settle_at_desk(message=message, is_reached=request.POST.get("reached") == "yes", by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Noted."))
        return redirect("consent:message_list")


class MessageRetryView(BoundStaffRequired, View):
    """Have a failed message tried again."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        message = get_object_or_404(OutboxMessage.objects.all(), uuid=kwargs["uuid"])
        try:
            retry_message(message=message, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("It is tried again within a minute."))
        return redirect("consent:message_list")
