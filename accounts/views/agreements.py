"""Agreements with recipients and of the provider's people: record, check, end, certify, read."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import DetailView, View

from accounts.forms import AgreementForm, CertificateForm, ClauseForm, EndingForm, seal_paper
from accounts.models import Clause, ConfidentialityAgreement, Recipient, RecipientAgreement
from accounts.permissions import AdministratorRequired, StaffRequired
from accounts.selectors import clauses_of
from accounts.services import add_recipient_agreement, check_clauses, end_recipient_agreement, receive_certificate
from accounts.views.recipients import RecipientActView
from protection.clock import provider_today
from protection.files import open_file
from protection.models import SealedFile


class RecipientAgreementCreateView(AdministratorRequired, RecipientActView):
    """Record an agreement with a recipient; `?renews=` takes over the title and the end of an earlier one."""

    form_class = AgreementForm
    template_name = "accounts/agreement_create.html"

    def get_initial(self) -> dict[str, Any]:
        agreements = self.recipient.agreements.order_by("pk")
        former = next((each for each in agreements if str(each.uuid) == self.request.GET.get("renews")), None)
        return {"title": former.title, "valid_from": former.valid_to} if former else {}

    def act(self, data: dict[str, Any]) -> str:
        document = seal_paper(data.pop("document"))
        add_recipient_agreement(recipient=self.recipient, document=document, by=self.actor, **data)
        return _("The agreement is recorded. Check its clauses next.")


class RecipientAgreementDetailView(StaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one agreement: its document, its clauses, its end and what became of the data."""

    template_name = "accounts/recipientagreement_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "agreement"

    def get_queryset(self) -> QuerySet[RecipientAgreement]:
        related = ("recipient", "document", "return_certificate__document", "return_certificate__received_by")
        return RecipientAgreement.objects.select_related(*related)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        agreement, today = self.object, provider_today()
        found = clauses_of(agreement)
        ends = agreement.valid_to
        return super().get_context_data(
            recipient=agreement.recipient,
            clauses=[(clause, found.get(clause.value)) for clause in Clause],
            endings=agreement.endings.select_related("ended_by").order_by("-created_at", "-pk"),
            certificate=getattr(agreement, "return_certificate", None),
            is_in_force=agreement.valid_from <= today and (ends is None or ends > today),
            is_over=ends is not None and ends <= today,
            **kwargs,
        )


class AgreementActView(AdministratorRequired, RecipientActView):
    """Do one thing about one agreement with a recipient (`uuid` in the URL is the agreement's)."""

    @cached_property
    def agreement(self) -> RecipientAgreement:
        """Return the agreement; an unknown one is a 404."""
        return get_object_or_404(RecipientAgreement.objects.select_related("recipient"), uuid=self.kwargs["uuid"])

    @cached_property
    def recipient(self) -> Recipient:
        """Return the recipient that it binds."""
        return self.agreement.recipient

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(agreement=self.agreement, **kwargs)

    def get_success_url(self) -> str:
        return reverse("accounts:recipient_agreement", kwargs={"uuid": self.agreement.uuid})


class ClauseCheckView(AgreementActView):
    """Record which clauses stand in an agreement, and where."""

    form_class = ClauseForm
    heading = gettext_lazy("Check the clauses of an agreement")
    button = gettext_lazy("Record what I found")
    hint = gettext_lazy("Read the signed document. What was found before stays on record.")

    def form_valid(self, form: ClauseForm) -> Any:
        form.cleaned_data = {"findings": form.findings()}
        return super().form_valid(form)

    def act(self, data: dict[str, Any]) -> str:
        check_clauses(agreement=self.agreement, by=self.actor, **data)
        return _("What you found is recorded.")


class AgreementEndView(AgreementActView):
    """End an agreement before its last day."""

    form_class = EndingForm
    heading = gettext_lazy("End an agreement")
    button = gettext_lazy("End the agreement")
    hint = gettext_lazy("From that day on nothing that needs the agreement is released or handed over any more.")

    def act(self, data: dict[str, Any]) -> str:
        end_recipient_agreement(agreement=self.agreement, by=self.actor, **data)
        return _("The end of the agreement is recorded.")


class CertificateCreateView(AgreementActView):
    """File a recipient's certificate that the data is gone."""

    form_class = CertificateForm
    heading = gettext_lazy("File a certificate of return or destruction")
    button = gettext_lazy("File the certificate")

    def act(self, data: dict[str, Any]) -> str:
        document = seal_paper(data.pop("document"))
        if document is None:
            raise Http404
        receive_certificate(agreement=self.agreement, document=document, by=self.actor, **data)
        return _("The certificate is filed.")


class RecipientPaperView(StaffRequired, View):
    """Hand out the document of an agreement with a recipient, or its certificate (`paper` in the URL)."""

    def get(self, request: HttpRequest, **kwargs: Any) -> FileResponse:
        """Return the file as a download."""
        found = RecipientAgreement.objects.select_related("document", "return_certificate__document")
        agreement = get_object_or_404(found, uuid=kwargs["uuid"])
        if kwargs["paper"] == "certificate":
            return paper_response(getattr(getattr(agreement, "return_certificate", None), "document", None))
        return paper_response(agreement.document)


class PersonPaperView(AdministratorRequired, View):
    """Hand out the document of a person's confidentiality agreement (its number in the URL)."""

    def get(self, request: HttpRequest, **kwargs: Any) -> FileResponse:
        """Return the file as a download."""
        found = ConfidentialityAgreement.objects.select_related("document")
        return paper_response(get_object_or_404(found, user__uuid=kwargs["uuid"], pk=kwargs["number"]).document)


def paper_response(document: SealedFile | None) -> FileResponse:
    """Return a sealed paper as a download; none, or one that was disposed of, is a 404."""
    if document is None or document.destroyed_at is not None:
        raise Http404
    response = FileResponse(
        open_file(document), as_attachment=True, filename=document.name, content_type=document.content_type
    )
    response["Cache-Control"] = "no-store"
    return response
