"""Administrators: tell customers of a merger, sale or financing, and see who was told."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView

from accounts.models import Customer, OutboxMessage, Role
from accounts.permissions import BoundStaffRequired
from disclosures.errors import MergerError
from disclosures.merger_forms import MergerNoticeForm
from disclosures.models import MergerNotice
from disclosures.services import announce_merger
from disclosures.tasks import serve_notice


class MergerMixin(BoundStaffRequired):
    """For administrators whom an agreement binds."""

    roles = (Role.ADMINISTRATOR,)  # type: ignore[assignment]


class MergerNoticeListView(MergerMixin, ListView):  # type: ignore[type-arg]
    """List the notices of mergers, sales and financings."""

    template_name = "disclosures/mergernotice_list.html"
    context_object_name = "notices"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[MergerNotice]:
        return MergerNotice.objects.select_related("recipient").order_by("-created_at", "-pk")


class MergerNoticeCreateView(MergerMixin, FormView):  # type: ignore[type-arg]
    """Announce a merger, sale or financing to the customers."""

    form_class = MergerNoticeForm
    template_name = "disclosures/mergernotice_create.html"

    def form_valid(self, form: MergerNoticeForm) -> HttpResponse:
        try:
            notice = announce_merger(by=self.actor, **form.cleaned_data)
        except MergerError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        transaction.on_commit(lambda: serve_notice.delay(notice.pk), robust=True)
        messages.success(self.request, _("The notice is recorded. Customers are being written to."))
        return redirect("disclosures:merger_detail", uuid=notice.uuid)


class MergerNoticeDetailView(MergerMixin, DetailView):  # type: ignore[type-arg]
    """Show one notice, and how many customers it has reached."""

    template_name = "disclosures/mergernotice_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "notice"

    def get_queryset(self) -> QuerySet[MergerNotice]:
        return MergerNotice.objects.select_related("recipient", "agreement", "created_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent = Q(message__status=OutboxMessage.Status.SENT)
        counts = self.object.served.aggregate(posted=Count("pk"), sent=Count("pk", filter=sent))
        customers = Customer.objects.filter(forgotten_at__isnull=True).count()
        return super().get_context_data(counts=counts, customer_count=customers, **kwargs)
