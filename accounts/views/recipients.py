from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, FormView, ListView

from accounts.forms import ReasonForm, RecipientFilterForm, RecipientForm
from accounts.history import history_of
from accounts.models import Recipient
from accounts.permissions import AdministratorRequired, StaffRequired
from accounts.selectors import recipients
from accounts.services import change_recipient, register_recipient, resume_recipient, stop_recipient
from accounts.views.acts import ActView


class RecipientListView(StaffRequired, ListView):  # type: ignore[type-arg]
    """List the organizations that may receive data, with their agreements and whether they are stopped."""

    template_name = "accounts/recipient_list.html"
    context_object_name = "recipients"
    paginate_by = 50

    @cached_property
    def form(self) -> RecipientFilterForm:
        """Return the filters as they stand in the address."""
        return RecipientFilterForm(self.request.GET)

    def get_queryset(self) -> QuerySet[Recipient]:
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        return recipients(wanted.get("q", ""), wanted.get("kind", ""), wanted.get("state", ""))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(form=self.form, **kwargs)


class RecipientDetailView(StaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one recipient: the switch, its agreements, contacts, incidents, whom it passes data to, its history."""

    template_name = "accounts/recipient_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "recipient"

    def get_queryset(self) -> QuerySet[Recipient]:
        return recipients().select_related("stopped_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        recipient = self.object
        return super().get_context_data(
            agreements=recipient.agreements.select_related("return_certificate").order_by("-valid_from", "-pk"),
            contacts=recipient.contacts.current().order_by("part", "name", "pk"),
            sites=recipient.sites.current().order_by("label", "pk"),
            onward_recipients=recipient.onward_recipients.current().order_by("name", "pk"),
            incidents=recipient.incidents.order_by("closed_at", "-reported_on", "-pk"),
            notices=recipient.notices.select_related("acknowledged_by").order_by("-created_at", "-pk"),
            users=recipient.users.order_by("name", "pk"),
            entries=history_of(recipient),
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
    """Do one thing about one recipient (`uuid` in the URL) by one service.

    With the common template, `heading`, `button` and `hint` say what.
    """

    template_name = "accounts/recipient_act.html"
    heading: str | Promise = ""
    button: str | Promise = ""
    hint: str | Promise = ""

    @cached_property
    def recipient(self) -> Recipient:
        """Return the recipient it is about; an unknown one is a 404."""
        return get_object_or_404(Recipient, uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"heading": self.heading, "button": self.button, "hint": self.hint}
        return super().get_context_data(recipient=self.recipient, **words, **kwargs)

    def get_success_url(self) -> str:
        return reverse("accounts:recipient_detail", kwargs={"uuid": self.recipient.uuid})


class RecipientChangeView(AdministratorRequired, RecipientActView):
    """Change what is known of a recipient."""

    form_class = RecipientForm
    heading = gettext_lazy("Change a recipient")
    button = gettext_lazy("Save the changes")
    hint = gettext_lazy("What was there before stays in the history.")

    def get_form_kwargs(self) -> dict[str, Any]:
        row = Recipient.objects.get(pk=self.recipient.pk)  # a copy: the form writes into what it is given
        return {**super().get_form_kwargs(), "instance": row}

    def act(self, data: dict[str, Any]) -> str:
        change_recipient(recipient=self.recipient, by=self.actor, **data)
        return _("The changes are saved.")


class RecipientStopView(StaffRequired, RecipientActView):
    """Stop every release to a recipient at once."""

    form_class = ReasonForm
    template_name = "accounts/recipient_stop.html"

    def act(self, data: dict[str, Any]) -> str:
        stop_recipient(recipient=self.recipient, by=self.actor, **data)
        return _("Every release and every download of this recipient is stopped.")


class RecipientResumeView(AdministratorRequired, RecipientActView):
    """Allow releases to a recipient again, as a second person."""

    form_class = ReasonForm
    template_name = "accounts/recipient_stop.html"

    def act(self, data: dict[str, Any]) -> str:
        resume_recipient(recipient=self.recipient, by=self.actor, **data)
        return _("Releases to this recipient are allowed again.")
