"""A recipient's page with what the packages above accounts know of it: releases, consents, deliveries."""

from typing import Any

from accounts.permissions import has_confidentiality_agreement
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
