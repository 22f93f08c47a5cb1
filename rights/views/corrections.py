from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, View

from accounts.errors import AccountsError
from accounts.models import Account, Customer
from protection import datamap
from protection.datamap import CorrectionRule
from protection.evidence.errors import EvidenceError
from rights.errors import RightsError
from rights.evidence import seal_evidence
from rights.forms import CorrectionForm
from rights.holdings import display_value
from rights.models import Correction
from rights.services import correct_field, undo_correction, withdraw_correction
from rights.views.subjects import SubjectMixin


class CorrectView(SubjectMixin, FormView):  # type: ignore[type-arg]
    """Let a customer put one field right (promise W8); `?row=` names the account where it is one of an account."""

    form_class = CorrectionForm
    template_name = "rights/correction_create.html"

    @cached_property
    def declaration(self) -> datamap.FieldDeclaration:
        """Return the field to be corrected; one that is unknown, or not of a customer or account, is a 404."""
        try:
            declaration = datamap.field_by_id(self.kwargs["field_id"])
        except KeyError as error:
            raise Http404 from error
        if declaration.model not in (Customer, Account) or declaration.personal.correction == CorrectionRule.NEVER:
            raise Http404
        return declaration

    @cached_property
    def row(self) -> Customer | Account:
        """Return the customer or the account whose field it is."""
        asked = self.request.GET.get("row", "")
        row = self.own_row(asked) if asked or self.declaration.model is Account else self.customer
        if row is None or not isinstance(row, self.declaration.model):
            raise Http404
        return row

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"row": self.row, "declaration": self.declaration, **super().get_form_kwargs()}

    def get_initial(self) -> dict[str, Any]:
        if self.declaration.personal.sealed:
            return {}
        return {"value": getattr(self.row, self.declaration.attribute)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        personal = self.declaration.personal
        return super().get_context_data(
            declaration=self.declaration,
            row=self.row,
            present=display_value(self.row, self.declaration),
            is_sealed=personal.sealed,
            is_at_once=personal.correction == CorrectionRule.AT_ONCE,
            **kwargs,
        )

    def form_valid(self, form: CorrectionForm) -> HttpResponse:
        data, upload = form.cleaned_data, form.cleaned_data["evidence"]
        try:
            correction = correct_field(
                customer=self.row if isinstance(self.row, Customer) else self.row.customer,
                row=self.row,
                field_id=self.declaration.id,
                value=data["value"],
                reason=data["reason"],
                evidence_file=seal_evidence(upload) if upload else None,
                by=self.actor,
            )
        except EvidenceError as error:
            form.add_error("evidence", str(error))
            return self.form_invalid(form)
        except (RightsError, AccountsError) as error:
            form.add_error("value", str(error))
            return self.form_invalid(form)
        messages.success(self.request, _outcome(correction))
        return redirect("accounts:my_data")


class CorrectionActView(SubjectMixin, View):
    """Do one thing about one of the customer's own corrections, by a button."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        correction = get_object_or_404(Correction.objects.visible_to(self.user), uuid=self.kwargs["uuid"])
        try:
            messages.success(request, self.act(correction))
        except (RightsError, AccountsError) as error:
            messages.error(request, str(error))
        return redirect("accounts:my_data")

    def act(self, correction: Correction) -> str:
        """Call the service; return the sentence that says what was done."""
        raise NotImplementedError


class CorrectionUndoView(CorrectionActView):
    """Put back what a correction made at once replaced."""

    def act(self, correction: Correction) -> str:
        undo_correction(correction=correction, by=self.actor)
        return _("The earlier value is back.")


class CorrectionWithdrawView(CorrectionActView):
    """Take back a correction that waits."""

    def act(self, correction: Correction) -> str:
        withdraw_correction(correction=correction, by=self.actor)
        return _("Your correction is withdrawn. Nothing was changed.")


def _outcome(correction: Correction) -> str:
    if correction.is_pending:
        return _("We have your correction. We decide by the day that is shown beside it.")
    return _("Corrected. The new value counts from now on.")
