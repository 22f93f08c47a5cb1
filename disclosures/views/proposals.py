"""Staff: releases that take two persons. One proposes, another approves or rejects."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import DetailView, FormView, ListView

from accounts.permissions import BoundStaffRequired
from disclosures.conditions import exclusion_label
from disclosures.errors import DisclosureError, ProposalRefused
from disclosures.forms import CohortForm, RejectionForm
from disclosures.gate import ReleaseRequest
from disclosures.models import ReleaseProposal
from disclosures.services import approve_disclosure, preview_release, propose_disclosure, reject_disclosure
from disclosures.tasks import release_as_proposed
from disclosures.views.releases import sealed_document
from protection.clock import provider_today, transaction_time
from protection.evidence.errors import EvidenceError
from retention.errors import RetentionError


class ProposalListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """List the releases that take two persons: those that wait first, the oldest of them on top."""

    template_name = "disclosures/releaseproposal_list.html"
    context_object_name = "proposals"
    paginate_by = 25

    def get_queryset(self) -> QuerySet[ReleaseProposal]:
        proposals = ReleaseProposal.objects.select_related("recipient", "purpose", "basis").defer("account_ids")
        return proposals.order_by(F("decided_at").desc(nulls_first=True), "proposed_at")


class ProposalCreateView(BoundStaffRequired, FormView):  # type: ignore[type-arg]
    """Ask what a release to many would do, then propose it."""

    form_class = CohortForm
    template_name = "disclosures/releaseproposal_create.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "today": provider_today()}

    def form_valid(self, form: CohortForm) -> HttpResponse:
        is_preview = "preview" in self.request.POST
        try:
            document = sealed_document(form.cleaned_data["document"], is_preview=is_preview)
            asked = ReleaseRequest(cohort=form.cohort(), document=document, **form.terms())
            if is_preview:
                decision = preview_release(request=asked, by=self.actor)
                return self.render_to_response(self.get_context_data(form=form, decision=decision))
            proposal = propose_disclosure(request=asked, by=self.actor, is_nightly=form.cleaned_data["is_nightly"])
        except EvidenceError as error:
            form.add_error("document", str(error))
            return self.form_invalid(form)
        except ProposalRefused as refused:
            return self.render_to_response(self.get_context_data(form=form, missing=refused.missing))
        except (DisclosureError, RetentionError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The release is proposed. A colleague has to approve it."))
        return redirect("disclosures:proposal_detail", uuid=proposal.uuid)


class ProposalDetailView(BoundStaffRequired, DetailView):  # type: ignore[type-arg]
    """Show what would go to whom and why, how many it concerns, who stands for it, and what became of it."""

    template_name = "disclosures/releaseproposal_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "proposal"

    def get_queryset(self) -> QuerySet[ReleaseProposal]:
        return ReleaseProposal.objects.select_related("recipient", "purpose", "basis", "document", "feed")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposal = self.object
        counted = dict(proposal.estimate.get("left_out", {}))
        return super().get_context_data(
            estimated=[(exclusion_label(code), count) for code, count in counted.items()],
            release=proposal.releases.first(),
            denial=proposal.releasedenials.order_by("-pk").first(),
            is_mine=proposal.proposed_by_id == self.user.pk,
            is_overdue=not proposal.is_decided and proposal.due_at is not None and proposal.due_at < transaction_time(),
            **{"form": RejectionForm(), **kwargs},
        )


class ProposalDecideView(BoundStaffRequired, View):
    """Approve or reject what waits."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Decide as the pressed button says; an approved release is made in the background."""
        proposal = get_object_or_404(ReleaseProposal, uuid=kwargs["uuid"])
        try:
            if request.POST.get("decision") == "approve":
                proposal = approve_disclosure(proposal=proposal, by=self.actor)
                if not proposal.is_nightly:
                    transaction.on_commit(lambda: release_as_proposed.delay(proposal.pk), robust=True)
            else:
                reject_disclosure(proposal=proposal, by=self.actor, reason=request.POST.get("reason", ""))
        except (DisclosureError, RetentionError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The release is decided."))
        return redirect("disclosures:proposal_detail", uuid=proposal.uuid)
