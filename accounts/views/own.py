"""The desk of a recipient's users: their agreements with the provider, and what they are to acknowledge."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import ListView, View

from accounts.models import RecipientAgreement, RecipientNotice
from accounts.permissions import RecipientRequired
from accounts.services import acknowledge_notice
from accounts.views.acts import ActView
from accounts.views.agreements import paper_response
from protection.clock import provider_today


class OwnAgreementListView(RecipientRequired, ListView):  # type: ignore[type-arg]
    """Show a recipient's users the agreements that bind them, and what they were told."""

    template_name = "accounts/own_agreement_list.html"
    context_object_name = "agreements"

    def get_queryset(self) -> QuerySet[RecipientAgreement]:
        own = RecipientAgreement.objects.filter(recipient=self.user.recipient_id)
        return own.select_related("return_certificate", "document").order_by("-valid_from", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notices = RecipientNotice.objects.filter(recipient=self.user.recipient_id).select_related("agreement")
        return super().get_context_data(
            notices=notices.select_related("acknowledged_by").order_by("-created_at", "-pk"),
            today=provider_today(),
            **kwargs,
        )


class OwnAgreementPaperView(RecipientRequired, View):
    """Hand a recipient's user the document of an agreement of their own; another's is a 404."""

    def get(self, request: HttpRequest, **kwargs: Any) -> FileResponse:
        """Return the file as a download."""
        own = RecipientAgreement.objects.filter(recipient=self.user.recipient_id).select_related("document")
        return paper_response(get_object_or_404(own, uuid=kwargs["uuid"]).document)


class NoticeAcknowledgeView(RecipientRequired, ActView):
    """Say that a notice of the provider was read; another recipient's is a 404."""

    form_class = forms.Form
    template_name = "accounts/recipientnotice_acknowledge.html"
    success_url = reverse_lazy("accounts:own_agreements")

    @cached_property
    def notice(self) -> RecipientNotice:
        """Return the notice."""
        own = RecipientNotice.objects.filter(recipient=self.user.recipient_id).select_related("recipient", "agreement")
        return get_object_or_404(own, uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(notice=self.notice, **kwargs)

    def act(self, data: dict[str, Any]) -> str:
        acknowledge_notice(notice=self.notice, by=self.actor)
        return _("The provider sees that you have read this.")
