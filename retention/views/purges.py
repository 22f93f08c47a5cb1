from typing import Any

from django.views.generic import TemplateView

from accounts.permissions import ProviderRequired
from retention.models import PurgePlan
from retention.overview import class_states, latest_runs, next_purge
from retention.selectors import open_proposals
from retention.services import plan_purge


class OverviewView(ProviderRequired, TemplateView):
    """Show every retention class with its rule, its oldest row and what is past its time."""

    template_name = "retention/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        states = class_states(plan_purge())
        return super().get_context_data(
            states=states,
            past_due=sum(state.past_due for state in states),
            next_purge=next_purge(),
            runs=latest_runs(),
            proposals=open_proposals().count(),
            waiting_plans=PurgePlan.objects.waiting().defer("content", "bounds").order_by("-proposed_at"),
            **kwargs,
        )
