"""The yearly report as a page and as files, for auditors and administrators who are bound to confidentiality."""

import io
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.views.generic import TemplateView, View

from accounts.models import Role
from accounts.permissions import BoundStaffRequired
from disclosures.packaging.spreadsheet import SpreadsheetWriter
from ledger.paper import render_paper
from ledger.signing import document_text
from portal.yearly_report import YearlyReport, report_on, years

_COLUMNS = ("year", "part", "figure", "label", "count")
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


class ReportReadersRequired(BoundStaffRequired):
    """For auditors and administrators under an agreement: without one every figure would wrongly be none."""

    roles = (Role.AUDITOR, Role.ADMINISTRATOR)

    @cached_property
    def year(self) -> int:
        """Return the year asked for (`?year=`), else the latest; one that cannot be reported on is a 404."""
        known = years()
        asked = self.request.GET.get("year", "")
        if asked and (not asked.isdigit() or int(asked) not in known):
            raise Http404
        return int(asked) if asked else known[0]


class YearlyReportView(ReportReadersRequired, TemplateView):
    """Show the counts of a year."""

    template_name = "portal/yearly_report.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(report=report_on(self.year), years=years(), **kwargs)


class YearlyReportFileView(ReportReadersRequired, View):
    """Hand out the report as CSV, as signed JSON or on paper (`format` in the URL)."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Write the file that was asked for; another format is a 404."""
        writer = {"csv": _table, "json": _document, "pdf": _paper}.get(kwargs["format"])
        if writer is None:
            raise Http404
        name = f"yearly-report-{self.year}.{kwargs['format']}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(writer(report_on(self.year)), content_type=_TYPES[kwargs["format"]], headers=headers)


def _table(report: YearlyReport) -> bytes:
    text = io.StringIO(newline="")
    writer = SpreadsheetWriter(text, _COLUMNS)
    for part in report.parts:
        for row in part.rows:
            figures = (report.year, part.code, row.code, row.label, row.count)
            writer.write(dict(zip(_COLUMNS, figures, strict=True)))
    return text.getvalue().encode()


def _document(report: YearlyReport) -> bytes:
    return document_text(report.as_json()).encode()


def _paper(report: YearlyReport) -> bytes:
    return render_paper(report.as_paper((get_language() or "en")[:2]), document=report.as_json())
