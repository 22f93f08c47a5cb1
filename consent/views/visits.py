"""How often the portal's pages are visited, so coarsely that nobody can be found in it."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import ExtractHour
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from accounts.models import Role
from accounts.permissions import RoleRequired
from consent.contact_forms import VisitFilterForm
from consent.models import VisitCount
from protection.clock import provider_today, provider_zone

THRESHOLD = 10
"""Smaller counts are not shown, and all others are rounded to it, so that differences tell nothing either."""


class VisitListView(RoleRequired, TemplateView):
    """Show a month's counts by page, document, browser and hour of the day."""

    roles = (Role.AUDITOR, Role.ADMINISTRATOR)
    template_name = "consent/visitcount_list.html"

    @cached_property
    def form(self) -> VisitFilterForm:
        """Return the month as it stands in the address."""
        return VisitFilterForm(self.request.GET)

    @property
    def month(self) -> date:
        """Return the first day of the month asked for, or of this one."""
        chosen = self.form.cleaned_data.get("month") if self.form.is_valid() else None
        return (chosen or provider_today()).replace(day=1)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        month = self.month
        rows = VisitCount.objects.filter(hour__gte=_start(month), hour__lt=_start(_next(month)))
        pages, documents = (rows.filter(kind=kind) for kind in (VisitCount.Kind.PAGE, VisitCount.Kind.DOCUMENT))
        browsers = dict(VisitCount.Browser.choices)
        return super().get_context_data(
            form=self.form,
            month=month,
            threshold=THRESHOLD,
            pages=[(_address(name), *counts) for name, *counts in _counted(pages, "page")],
            documents=[(_address(name), *counts) for name, *counts in _counted(documents, "page")],
            browsers=[(browsers[name], views, visits) for name, views, visits in _counted(rows, "browser")],
            hours=_hours(pages),
            **kwargs,
        )


def rounded(count: int) -> int | None:
    """Return a count to the nearest ten; None for one that is too small to be shown."""
    return None if count < THRESHOLD else (count + THRESHOLD // 2) // THRESHOLD * THRESHOLD


def _counted(rows: Any, by: str) -> list[tuple[str, int | None, int | None]]:
    summed = rows.values_list(by).annotate(seen=Sum("views"), begun=Sum("visits")).order_by("-seen", by)
    return [(name, rounded(seen), rounded(begun)) for name, seen, begun in summed]


def _hours(rows: Any) -> list[tuple[str, int | None, int | None]]:
    at = ExtractHour(F("hour"), tzinfo=provider_zone())
    summed = rows.values_list(at).annotate(seen=Sum("views"), begun=Sum("visits")).order_by(at)
    return [(f"{hour:02d}:00", rounded(seen), rounded(begun)) for hour, seen, begun in summed]


def _address(route: str) -> str:
    """Return a page's address as people know it; the name of the route where the address has a part that varies."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return route


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), provider_zone())


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
