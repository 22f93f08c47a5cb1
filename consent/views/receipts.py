"""Receipts: for the customer and the recipient alike, as page, PDF and signed JSON; the desk reads them too."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import ListView, TemplateView, View

from accounts.models import Customer, Role
from accounts.permissions import OpenedCustomerMixin, RecipientRequired, RoleRequired
from consent.models import Receipt
from consent.receipt_paper import TITLES, receipt_paper, receipt_pdf
from ledger.signing import document_sha256, document_text


def page_of(receipt: Receipt) -> dict[str, Any]:
    """Return what the page of a receipt shows: the same as its PDF."""
    paper = receipt_paper(receipt)
    return {"receipt": receipt, "paper": paper, "sha256": document_sha256(receipt.document)}


def file_of(receipt: Receipt, ending: str) -> HttpResponse:
    """Return a receipt as a download, `pdf` or `json`; anything else is a 404."""
    if ending not in {"pdf", "json"}:
        raise Http404
    is_pdf = ending == "pdf"
    content = receipt_pdf(receipt) if is_pdf else document_text(receipt.document).encode()
    response = HttpResponse(content, content_type="application/pdf" if is_pdf else "application/json")
    response["Content-Disposition"] = f'attachment; filename="receipt-{receipt.uuid}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response


class PartyReceiptMixin(RoleRequired):
    """For a receipt of which the user is a party: their own customer's, or their own organization's."""

    roles = (Role.CUSTOMER, Role.RECIPIENT)
    kwargs: dict[str, Any]

    @cached_property
    def receipt(self) -> Receipt:
        """Return the receipt; another's is a 404."""
        found = Receipt.objects.visible_to(self.user).select_related("version__consent__recipient")
        return get_object_or_404(found, uuid=self.kwargs["uuid"])


class DeskReceiptMixin(OpenedCustomerMixin):
    """For a receipt whose customer the desk has opened."""

    @cached_property
    def receipt(self) -> Receipt:
        """Return the receipt; an unknown one is a 404."""
        found = Receipt.objects.select_related("version__consent__recipient", "customer")
        return get_object_or_404(found, uuid=self.kwargs["uuid"])

    @cached_property
    def customer(self) -> Customer:
        """Return the customer whose receipt it is."""
        return self.receipt.customer


class ReceiptView(PartyReceiptMixin, TemplateView):
    """Show a receipt to who is a party to it."""

    template_name = "consent/receipt_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**page_of(self.receipt), **kwargs)


class ReceiptFileView(PartyReceiptMixin, View):
    """Hand out a receipt as a file."""

    def get(self, request: HttpRequest, ending: str, **kwargs: Any) -> HttpResponse:
        return file_of(self.receipt, ending)


class DeskReceiptView(DeskReceiptMixin, TemplateView):
    """Show the desk a receipt."""

    template_name = "consent/receipt_desk_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**page_of(self.receipt), **kwargs)


class DeskReceiptFileView(DeskReceiptMixin, View):
    """Hand the desk a receipt as a file."""

    def get(self, request: HttpRequest, ending: str, **kwargs: Any) -> HttpResponse:
        return file_of(self.receipt, ending)


class ReceiptListView(RecipientRequired, ListView):  # type: ignore[type-arg]
    """List an organization's receipts: what customers agreed to, changed and ended, the latest first."""

    template_name = "consent/receipt_list.html"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[Receipt]:
        found = Receipt.objects.visible_to(self.user).select_related("version__consent__purpose")
        return found.order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = [{"receipt": receipt, "title": TITLES[receipt.version.kind]} for receipt in context["object_list"]]
        return {**context, "rows": rows}
