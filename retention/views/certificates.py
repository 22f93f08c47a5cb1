from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views import View
from django.views.generic import DetailView

from accounts.permissions import ProviderRequired
from ledger.signing import document_text
from ledger.verifier import FILE_NAME as VERIFIER
from retention.certificates import path_of, run_totals
from retention.models import Certificate, PurgeRun
from retention.papers import certificate_paper
from retention.schedule import label_of, place_of

_FILES_TO_CHECK_WITH = "--keys resguardo-keys.json --proof proof.json"


class CertificateView(ProviderRequired, DetailView):  # type: ignore[type-arg]
    """Show what a certificate says, and how to check it."""

    template_name = "retention/certificate_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "certificate"

    def get_queryset(self) -> QuerySet[Certificate]:
        return Certificate.objects.select_related("run")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payload = self.object.document["payload"]
        return super().get_context_data(
            payload=payload,
            signature=self.object.document["signature"],
            totals=labelled_totals(self.object.run),
            items=[entry | {"label": label_of(entry["retention_class"])} for entry in payload["items"]],
            rules=_rules(payload["bounds"]),
            faults=[item for item in payload["items"] if item.get("given_up_because")],
            shrunk=sum(item.get("shrunk_by", 0) for item in payload["items"] if item["status"] == "done"),
            command=f"python {VERIFIER} {path_of(self.object).name} {_FILES_TO_CHECK_WITH}",
            **kwargs,
        )


class CertificateDownloadView(ProviderRequired, View):
    """Hand out a certificate as the file that the offline verifier checks."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Answer with the signed document."""
        certificate = _certificate(kwargs)
        return _as_file(document_text(certificate.document), "application/json", path_of(certificate).name)


class CertificatePaperView(ProviderRequired, View):
    """Hand out a certificate to print and to file: a PDF that shows it and carries the signed document."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Answer with the PDF in the reader's language."""
        certificate = _certificate(kwargs)
        name = path_of(certificate).with_suffix(".pdf").name
        return _as_file(certificate_paper(certificate), "application/pdf", name)


def labelled_totals(run: PurgeRun) -> list[dict[str, Any]]:
    """Return the totals of the classes of which something was past its time, each with its label."""
    return [entry | {"label": label_of(entry["retention_class"])} for entry in run_totals(run) if entry["total"]]


def _rules(bounds: dict[str, Any]) -> list[dict[str, Any]]:
    places = sorted(bounds, key=place_of)
    return [
        bounds[code] | {"label": label_of(code), "before": date.fromisoformat(bounds[code]["before"])}
        for code in places
    ]


def _certificate(kwargs: dict[str, Any]) -> Certificate:
    return get_object_or_404(Certificate.objects.select_related("run"), uuid=kwargs["uuid"])


def _as_file(content: str | bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
