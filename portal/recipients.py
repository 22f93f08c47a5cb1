"""Recipients with what the packages above accounts know of them, and the way over to their own pages."""

from typing import Any

from django.db.models import QuerySet
from django.views.generic import DetailView

from accounts.models import RecipientAgreement, RecipientSite
from accounts.permissions import CustomerRequired, has_confidentiality_agreement
from accounts.selectors import customers_of
from accounts.views.recipients import RecipientDetailView
from consent.models import Consent
from disclosures.models import Release
from protection.clock import provider_today


class RecipientView(RecipientDetailView):
    """Show staff a recipient at a glance."""

    template_name = "portal/recipient_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        recipient = self.object
        releases = Release.objects.filter(recipient=recipient)
        return super().get_context_data(
            is_bound=has_confidentiality_agreement(self.user),
            release_count=releases.count(),
            last_release=releases.order_by("-decided_at", "-pk").first(),
            consent_count=Consent.objects.in_state("active", provider_today()).filter(recipient=recipient).count(),
            **kwargs,
        )


class HandOffView(CustomerRequired, DetailView):  # type: ignore[type-arg]
    """Say that a customer leaves this site, to whom, under which agreement, with what data agreed to (promise M14).

    Only a registered address is led to, by its id. There is no way on while the recipient is stopped or no agreement
    with it is in force.
    """

    template_name = "portal/hand_off.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "site"

    def get_queryset(self) -> QuerySet[RecipientSite]:
        return RecipientSite.objects.filter(removed_at__isnull=True).select_related("recipient")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        recipient, today = self.object.recipient, provider_today()
        agreements = RecipientAgreement.objects.in_force(today).filter(recipient=recipient)
        agreement = agreements.order_by("-valid_from", "-pk").first()
        consents = Consent.objects.in_state("active", today).with_scope().filter(recipient=recipient)
        return super().get_context_data(
            recipient=recipient,
            agreement=agreement,
            is_open=agreement is not None and not recipient.is_stopped,
            consents=consents.filter(customer__in=customers_of(self.user)).order_by("purpose__name_en", "pk"),
            **kwargs,
        )
