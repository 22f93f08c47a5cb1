"""An organization's users, and administrators for it, register addresses that are told of consents, and watch them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView, View

from accounts.models import Recipient, Role
from accounts.permissions import RoleRequired
from consent.errors import EndpointError
from consent.models import WebhookDelivery, WebhookEndpoint
from consent.services import register_endpoint, renew_secret, replay_deliveries, retire_endpoint, try_endpoint

DELIVERIES_A_PAGE = 25


class WebhookForm(forms.Form):
    """The address to be told, and for an administrator whose it is."""

    recipient = forms.ModelChoiceField(
        Recipient.objects.order_by("legal_name"),
        to_field_name="uuid",
        label=gettext_lazy("Organization"),
        empty_label=gettext_lazy("Choose"),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy(
            "A public address that begins with https://, such as https://hooks.example.org/consents"
        ),
        widget=forms.URLInput,
        error_messages={"required": gettext_lazy("Enter the address that shall be told.")},
    )

    def __init__(self, *args: Any, own: Recipient | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own is not None:
            del self.fields["recipient"]


class WebhookPage(RoleRequired):
    """For an organization's users, who see its own addresses, and for administrators, who see all."""

    roles = (Role.RECIPIENT, Role.ADMINISTRATOR)
    kwargs: dict[str, Any]

    @cached_property
    def endpoint(self) -> WebhookEndpoint:
        """Return the endpoint it is about; another organization's is a 404."""
        found = WebhookEndpoint.objects.visible_to(self.user).select_related("recipient", "created_by")
        return get_object_or_404(found, uuid=self.kwargs["uuid"])


class WebhookListView(WebhookPage, FormView):  # type: ignore[type-arg]
    """List the addresses, and register one; its secret is shown this once."""

    form_class = WebhookForm
    template_name = "consent/webhook_list.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"own": self.user.recipient}

    def get_initial(self) -> dict[str, Any]:
        return {"recipient": self.request.GET.get("recipient", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = WebhookEndpoint.objects.visible_to(self.user).select_related("recipient")
        return super().get_context_data(endpoints=found.order_by("retired_at", "-created_at", "-pk")[:200], **kwargs)

    def form_valid(self, form: WebhookForm) -> HttpResponse:
        recipient = self.user.recipient or form.cleaned_data["recipient"]
        try:
            endpoint = register_endpoint(recipient=recipient, url=form.cleaned_data["url"].strip(), by=self.actor)
        except EndpointError as error:
            form.add_error("url", str(error))
            return self.form_invalid(form)
        return render(self.request, "consent/webhook_secret.html", {"endpoint": endpoint})


class WebhookDetailView(WebhookPage, TemplateView):
    """Show one address, what it was told and what came of it."""

    template_name = "consent/webhook_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        deliveries = self.endpoint.deliveries.select_related("version__consent").order_by("-created_at", "-pk")
        page = Paginator(deliveries, DELIVERIES_A_PAGE).get_page(self.request.GET.get("page"))
        dead = deliveries.filter(status=WebhookDelivery.Status.DEAD, version__isnull=False).count()
        return super().get_context_data(endpoint=self.endpoint, page=page, dead=dead, **kwargs)


class WebhookActView(WebhookPage, View):
    """Do one thing about an address: test, renew, retire, deliver anew."""

    http_method_names = ("post",)
    _acts: ClassVar[dict[str, str]] = {"test": "_test", "renew": "_renew", "retire": "_retire", "replay": "_replay"}

    def post(self, request: HttpRequest, act: str, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse | None = getattr(self, self._acts.get(act, "_nothing"))()
        except EndpointError as error:
            messages.error(request, str(error))
            answer = None
        return answer or redirect("consent:webhook_detail", uuid=self.endpoint.uuid)

    def _nothing(self) -> None:
        """Leave all as it is."""

    def _test(self) -> None:
        try_endpoint(endpoint=self.endpoint, by=self.actor)
        messages.success(self.request, _("A test leaves within a minute. Load this page again to see what came of it."))

    def _renew(self) -> HttpResponse:
        endpoint = renew_secret(endpoint=self.endpoint, by=self.actor)
        return render(self.request, "consent/webhook_secret.html", {"endpoint": endpoint})

    def _retire(self) -> None:
        retire_endpoint(endpoint=self.endpoint, by=self.actor)
        messages.success(self.request, _("This address is told nothing more."))

    def _replay(self) -> None:
        chosen = self.request.POST.get("delivery")
        delivery = get_object_or_404(self.endpoint.deliveries, uuid=chosen) if chosen else None
        count = replay_deliveries(endpoint=self.endpoint, delivery=delivery, by=self.actor)
        text = ngettext("One message is delivered anew.", "%(count)d messages are delivered anew.", count)
        messages.success(self.request, text % {"count": count})
