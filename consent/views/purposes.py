"""Administrators see and change here what data may be used for."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View

from accounts.errors import NotAllowedError
from accounts.models import Recipient
from accounts.permissions import AdministratorRequired
from consent.announcing import announced_by, coming_notices
from consent.errors import ConsentError
from consent.models import Purpose, PurposeChange
from consent.notice_forms import PurposeForm
from consent.selectors import is_announced
from consent.services import approve_purpose, change_purpose, propose_purpose, refuse_purpose, withdraw_purpose
from consent.wording import field_groups


class PurposeListView(AdministratorRequired, TemplateView):
    """List the purposes with what they need, and the changes that wait."""

    template_name = "consent/purpose_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        coming = coming_notices()
        changes = PurposeChange.objects.open().select_related("purpose").order_by("pk")
        return super().get_context_data(
            purposes=[
                (purpose, field_groups(purpose.field_ids), kinds_of(purpose), is_announced(purpose=purpose))
                for purpose in Purpose.objects.order_by("is_secondary", "pk")
            ],
            changes=[
                (change, field_groups(change.field_ids), kinds_of(change), announced_by(change, coming))
                for change in changes
            ],
            user_id=self.user.pk,
            **kwargs,
        )


class PurposeCreateView(AdministratorRequired, FormView):  # type: ignore[type-arg]
    """Propose a new purpose."""

    form_class = PurposeForm
    template_name = "consent/purpose_form.html"
    purpose: Purpose | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "purpose": self.purpose}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(purpose=self.purpose, **kwargs)

    def propose(self, form: PurposeForm) -> PurposeChange:
        """Hand what was entered to the service."""
        data = form.cleaned_data
        return propose_purpose(
            code=data["code"],
            is_secondary=data["is_secondary"],
            terms=form.terms,
            reason=data["reason"],
            by=self.actor,
        )

    def form_valid(self, form: PurposeForm) -> HttpResponse:
        try:
            change = self.propose(form)
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        except NotAllowedError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        waits = _("Proposed. Another administrator must approve it, then a privacy notice must say so.")
        messages.success(
            self.request, waits if change.is_widening else _("It counts as soon as a privacy notice says so.")
        )
        return redirect("consent:purpose_list")


class PurposeChangeView(PurposeCreateView):
    """Propose that a purpose (`code` in the URL) says something else."""

    @cached_property
    def purpose(self) -> Purpose:  # type: ignore[override]
        """Return the purpose as it is."""
        return get_object_or_404(Purpose, code=self.kwargs["code"])

    def propose(self, form: PurposeForm) -> PurposeChange:
        """Hand what was entered to the service."""
        return change_purpose(purpose=self.purpose, terms=form.terms, reason=form.cleaned_data["reason"], by=self.actor)


class PurposeDecideView(AdministratorRequired, View):
    """Approve, refuse or withdraw a change of a purpose."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Decide as the pressed button says; an unknown button does nothing."""
        change = get_object_or_404(PurposeChange, uuid=kwargs["uuid"])
        acts = {"approve": approve_purpose, "refuse": refuse_purpose, "withdraw": withdraw_purpose}
        act = acts.get(request.POST.get("decision", ""))
        if act is None:
            return redirect("consent:purpose_list")
        try:
            act(change=change, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The change is decided."))
        return redirect("consent:purpose_list")


def kinds_of(purpose: Purpose | PurposeChange) -> list[str]:
    """Return the kinds of organizations that a purpose names, in the language of the page."""
    return [str(Recipient.Kind(kind).label) for kind in purpose.recipient_kinds]
