from typing import Any

from django.http import Http404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from energy.periods import Period, Span
from energy.selectors import series_of
from energy.usage_table import Group, groups_of, usage_table
from energy.views.accounts import AccountPage, OpenedAccounts, OwnAccounts


class UsagePage(AccountPage):
    """Usage of one account: a year by months, a month by days, a day by intervals, as chart and table."""

    @cached_property
    def groups(self) -> list[Group]:
        """Return what there is to choose from."""
        return groups_of(series_of(self.account)) if self.account else []

    @cached_property
    def group(self) -> Group | None:
        """Return the series that are shown; an unknown key is a 404."""
        key = self.request.GET.get("series")
        if not key:
            return self.groups[0] if self.groups else None
        found = next((group for group in self.groups if group.key == key), None)
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(groups=self.groups, group=self.group, **kwargs)
        if self.group is None:
            return context
        asked = self.request.GET.get("period", "")
        period = Period.parse(asked) if asked else Period(Span.MONTH, self.group.last_day.replace(day=1))
        if period is None:
            raise Http404
        reach = self.group.first_day, self.group.last_day
        return context | {
            "period": period,
            "before": period.before if period.before.touches(reach[0], period.first) else None,
            "after": period.after if period.after.touches(period.first, reach[1]) else None,
            "table": usage_table(self.group, period),
            "period_query": self._period_query(),
        }

    def _period_query(self) -> str:
        """Return the address of this page for another period, which is to follow."""
        query = self.request.GET.copy()
        query.pop("period", None)
        return f"?{query.urlencode()}&period=" if query else "?period="


class UsageView(OwnAccounts, UsagePage, TemplateView):
    """A customer's own usage."""

    template_name = "energy/usage.html"


class CustomerUsageView(OpenedAccounts, UsagePage, TemplateView):
    """The usage of a customer whom staff have opened."""

    template_name = "energy/customer_usage.html"
