from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView

from accounts.forms import AgreementForm, ReasonForm, RecipientForm
from accounts.models import Recipient
from accounts.permissions import AdministratorRequired, StaffRequired
from accounts.selectors import recipients
from accounts.services import add_recipient_agreement, register_recipient, resume_recipient, stop_recipient
from accounts.views.acts import ActView


class RecipientListView(StaffRequired, ListView):  # type: ignore[type-arg]
    """List the organizations that may receive data, with their agreements and whether they are stopped."""

    template_name = "accounts/recipient_list.html"
    context_object_name = "recipients"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[Recipient]:
        return recipients()


class RecipientDetailView(StaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one recipient, its agreements, its users and the switch."""

    template_name = "accounts/recipient_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "recipient"

    def get_queryset(self) -> QuerySet[Recipient]:
        return recipients()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            agreements=self.object.agreements.order_by("-valid_from", "-pk"),
            users=self.object.users.order_by("name", "pk"),
            **kwargs,
        )


class RecipientCreateView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Add an organization that may receive data."""

    form_class = RecipientForm
    template_name = "accounts/recipient_create.html"

    def form_valid(self, form: RecipientForm) -> HttpResponse:
        recipient = register_recipient(by=self.actor, **form.cleaned_data)
        messages.success(self.request, _("The recipient is added. Record its agreement next."))
        return redirect("accounts:recipient_detail", uuid=recipient.uuid)


class RecipientActView(ActView):
    """Do one thing about one recipient (`uuid` in the URL) by one service."""

    @cached_property
    def recipient(self) -> Recipient:
        """Return the recipient it is about; an unknown one is a 404."""
        return get_object_or_404(Recipient, uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(recipient=self.recipient, **kwargs)

    def get_success_url(self) -> str:
        return reverse("accounts:recipient_detail", kwargs={"uuid": self.recipient.uuid})


class RecipientAgreementCreateView(AdministratorRequired, RecipientActView):
    """Record an agreement with a recipient."""

    form_class = AgreementForm
    template_name = "accounts/agreement_create.html"

    def act(self, data: dict[str, Any]) -> str:
        add_recipient_agreement(recipient=self.recipient, by=self.actor, **data)
        return _("The agreement is recorded.")


class RecipientStopView(StaffRequired, RecipientActView):
    """Stop every release to a recipient at once."""

    form_class = ReasonForm
    template_name = "accounts/recipient_stop.html"

    def act(self, data: dict[str, Any]) -> str:
        stop_recipient(recipient=self.recipient, by=self.actor, **data)
        return _("Every release and every download of this recipient is stopped.")


class RecipientResumeView(AdministratorRequired, RecipientActView):
    """Allow releases to a recipient again."""

    form_class = ReasonForm
    template_name = "accounts/recipient_stop.html"

    def act(self, data: dict[str, Any]) -> str:
        resume_recipient(recipient=self.recipient, by=self.actor, **data)
        return _("Releases to this recipient are allowed again.")
