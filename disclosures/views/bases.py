"""The grounds on which the provider gives data out, for everybody to read."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.views.generic import ListView

from disclosures.bases import read_pack
from disclosures.models import LegalBasis


class BasisListView(ListView):  # type: ignore[type-arg]
    """Show the legal bases that count, each with what it demands and its citation. Public."""

    template_name = "disclosures/legalbasis_list.html"
    context_object_name = "bases"

    def get_queryset(self) -> QuerySet[LegalBasis]:
        return LegalBasis.objects.in_force().order_by("pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(packs=[read_pack(name) for name in settings.JURISDICTIONS], **kwargs)
