"""Staff: ask the gate for a release, and read what became of it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView

from accounts.permissions import BoundStaffRequired, OpenedCustomerMixin
from disclosures.approvals import approval_needed
from disclosures.conditions import from_json
from disclosures.errors import ProposalRefused, ReleaseDenied, RequestReusedError
from disclosures.forms import ReleaseForm
from disclosures.gate import ReleaseRequest
from disclosures.history import HistoryFilter
from disclosures.models import Release, ReleaseDenial
from disclosures.selectors import History, exclusions_of, history, lines_of
from disclosures.services import preview_release, propose_disclosure, release_disclosure
from disclosures.tasks import build_release_package
from protection.clock import provider_today
from protection.evidence import check_evidence
from protection.evidence.errors import EvidenceError
from protection.files import seal_bytes
from protection.models import SealedFile
from retention.errors import ProposalError


class ReleaseCreateView(OpenedCustomerMixin, FormView):  # type: ignore[type-arg]
    """Ask the gate: first what it would say, then for the release itself."""

    form_class = ReleaseForm
    template_name = "disclosures/release_create.html"

    @cached_property
    def refused(self) -> ReleaseDenial | None:
        """Return the refused release that is asked for again (`?again=`)."""
        denials = ReleaseDenial.objects.filter(customer_ids=[self.customer.pk])
        return next((denial for denial in denials if str(denial.uuid) == self.request.GET.get("again")), None)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "customer": self.customer, "today": provider_today()}

    def get_initial(self) -> dict[str, Any]:
        if self.refused is None:
            return {}
        names = ("recipient", "purpose", "basis", "field_ids", "data_from", "format", "reason", "notice_served_on")
        last = self.refused.data_to - timedelta(days=1)
        return {**{name: getattr(self.refused, name) for name in names}, "data_last": last}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **kwargs)

    def form_valid(self, form: ReleaseForm) -> HttpResponse:
        is_preview = "preview" in self.request.POST
        try:
            asked = self._request(form, is_preview=is_preview)
            if is_preview:
                decision = preview_release(request=asked, by=self.actor)
                return self.render_to_response(self.get_context_data(form=form, decision=decision))
            if approval_needed(asked) is not None:
                proposal = propose_disclosure(request=asked, by=self.actor)
                messages.success(self.request, _("The release is proposed. A colleague has to approve it."))
                return redirect("disclosures:proposal_detail", uuid=proposal.uuid)
            release = release_disclosure(request=asked, by=self.actor, request_uuid=form.cleaned_data["request_uuid"])
        except EvidenceError as error:
            form.add_error("document", str(error))
            return self.form_invalid(form)
        except (RequestReusedError, ProposalRefused, ProposalError) as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        except ReleaseDenied as refused:
            return redirect("disclosures:denial_detail", uuid=refused.denial.uuid)
        transaction.on_commit(lambda: build_release_package.delay(release.pk), robust=True)
        messages.success(self.request, _("The data is released. The file is being built."))
        return redirect("disclosures:detail", uuid=release.uuid)

    def _request(self, form: ReleaseForm, *, is_preview: bool) -> ReleaseRequest:
        data = form.cleaned_data
        return ReleaseRequest(
            customers=(self.customer,),
            account_ids=tuple(account.pk for account in data["accounts"]),
            document=sealed_document(data["document"], is_preview=is_preview),
            **form.terms(),
        )


def sealed_document(upload: Any, *, is_preview: bool) -> SealedFile | None:
    """Seal the document of a release; a preview checks it and keeps nothing."""
    if not upload:
        return None
    clean = check_evidence(upload)
    if is_preview:
        return SealedFile()
    return seal_bytes(clean.content, name=clean.name, content_type=clean.content_type, retention_class="evidence")


class ReleaseListView(BoundStaffRequired, ListView):  # type: ignore[type-arg]
    """Show every release and every refused one, the newest first."""

    template_name = "disclosures/release_list.html"
    context_object_name = "rows"
    paginate_by = 25

    def get_queryset(self) -> History:  # type: ignore[override]
        return history(HistoryFilter())


class ReleaseDetailView(BoundStaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one release: what, in what state and why, its file and downloads, its proof."""

    template_name = "disclosures/release_detail.html"
    slug_field = slug_url_kwarg = "uuid"

    def get_queryset(self) -> QuerySet[Release]:
        parties = ("recipient", "purpose", "basis", "document", "requested_by", "package__built")
        return Release.objects.select_related(*parties)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        release = self.object
        return super().get_context_data(
            package=release.package,
            lines=lines_of(release),
            left_out=exclusions_of(release),
            deliveries=release.package.deliveries.order_by("created_at"),
            **kwargs,
        )


class DenialDetailView(BoundStaffRequired, DetailView):  # type: ignore[type-arg]
    """Show one refused release: what was asked, and every missing condition with what to do about it."""

    template_name = "disclosures/denial_detail.html"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "denial"

    def get_queryset(self) -> QuerySet[ReleaseDenial]:
        return ReleaseDenial.objects.select_related("recipient", "purpose", "basis", "requested_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            missing=from_json(self.object.conditions), customers=self.object.customers(), **kwargs
        )
