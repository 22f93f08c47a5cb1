"""Administrators write notices here, and a second one approves them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View

from accounts.errors import NotAllowedError
from accounts.permissions import AdministratorRequired
from consent.announcing import disagreements, lists_now, waiting
from consent.errors import ConsentError
from consent.models import Consent, Notice
from consent.notice_forms import NoticeForm, ReasonForm
from consent.selectors import notice_in_force, open_submission
from consent.services import approve_notice, draft_notice, edit_notice, send_back_notice, submit_notice, withdraw_notice


class NoticeListView(AdministratorRequired, TemplateView):
    """Show what customers are told, what is being written, and what waits for a notice."""

    template_name = "consent/notice_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = []
        for kind in (Notice.Kind.PRIVACY, Notice.Kind.CONSENT_FORM):
            versions = list(Notice.objects.filter(kind=kind).order_by("-number"))
            kinds.append(
                {
                    "kind": kind,
                    "label": kind.label,
                    "current": notice_in_force(kind),
                    "draft": next((notice for notice in versions if notice.is_draft), None),
                    "versions": versions,
                }
            )
        return super().get_context_data(kinds=kinds, waiting=waiting(), disagreements=disagreements(), **kwargs)


class NoticeDraftView(AdministratorRequired, View):
    """Begin the next version of a notice."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Begin the draft and lead to its words."""
        kind = request.POST.get("kind", "")
        if kind not in Notice.Kind.values:
            return redirect("consent:notice_list")
        try:
            notice = draft_notice(kind=kind, by=self.actor)
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
            return redirect("consent:notice_list")
        return redirect("consent:notice_edit", uuid=notice.uuid)


class NoticeMixin(AdministratorRequired):
    """For pages about one notice (`uuid` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def notice(self) -> Notice:
        """Return the notice the page is about."""
        return get_object_or_404(Notice, uuid=self.kwargs["uuid"])


class NoticeEditView(NoticeMixin, FormView):  # type: ignore[type-arg]
    """Write a draft in both languages."""

    form_class = NoticeForm
    template_name = "consent/notice_edit.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "notice": self.notice}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(notice=self.notice, submission=open_submission(self.notice), **kwargs)

    def form_valid(self, form: NoticeForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            edit_notice(
                notice=self.notice,
                words=form.words,
                effective_from=data["effective_from"],
                asks_anew=data.get("asks_anew", False),
                by=self.actor,
            )
        except ConsentError as error:
            form.add_consent_error(error)
            return self.form_invalid(form)
        except NotAllowedError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The draft is kept. Below it stands as customers would read it."))
        return redirect("consent:notice_detail", uuid=self.notice.uuid)


class NoticeDetailView(NoticeMixin, TemplateView):
    """Show a notice as customers read it, in both languages, and what can be done with it."""

    template_name = "consent/notice_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        submission = open_submission(self.notice)
        return super().get_context_data(
            notice=self.notice,
            submission=submission,
            texts=list(self.notice.texts.order_by("language")),
            lists=self._lists(submission),
            submissions=list(self.notice.submissions.order_by("-pk")),
            former=Notice.objects.approved().filter(kind=self.notice.kind, number__lt=self.notice.number).first(),
            running=Consent.objects.filter(is_granted=True).count() if self.notice.asks_anew else 0,
            reason_form=ReasonForm(),
            is_own=submission is not None and submission.proposed_by_id == self.user.pk,
            **kwargs,
        )

    def _lists(self, submission: Any) -> Any:
        """Return the lists that are frozen, or submitted, or as they stand now."""
        if self.notice.kind != Notice.Kind.PRIVACY:
            return None
        if self.notice.is_approved:
            return self.notice.frozen["lists"]
        return Notice(document=submission.document).frozen["lists"] if submission else lists_now()


class NoticeDecideView(NoticeMixin, View):
    """Submit, approve, send back or withdraw a notice, as the pressed button says."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do it, or say why not."""
        act = self._acts().get(request.POST.get("decision", ""))
        if act is None:
            return redirect("consent:notice_detail", uuid=self.notice.uuid)
        try:
            done = act(request.POST.get("reason", ""))
        except (ConsentError, NotAllowedError) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return redirect("consent:notice_detail", uuid=self.notice.uuid)

    def _acts(self) -> dict[str, Callable[[str], str]]:
        return {
            "submit": self._submit,
            "approve": self._approve,
            "send_back": self._send_back,
            "withdraw": self._withdraw,
        }

    def _submit(self, reason: str) -> str:
        submit_notice(notice=self.notice, reason=reason, by=self.actor)
        return _("Submitted. Another administrator must approve it; until then it cannot be changed.")

    def _approve(self, reason: str) -> str:
        submission = open_submission(self.notice)
        if submission is None:
            return _("This was decided before; there is nothing left to do.")
        approve_notice(submission=submission, by=self.actor)
        return _("Approved and frozen. It is published from now on and counts from its day.")

    def _send_back(self, reason: str) -> str:
        submission = open_submission(self.notice)
        if submission is None:
            return _("This was decided before; there is nothing left to do.")
        send_back_notice(submission=submission, note=reason, by=self.actor)
        return _("Sent back. The draft can be changed again.")

    def _withdraw(self, reason: str) -> str:
        withdraw_notice(notice=self.notice, by=self.actor)
        return _("Withdrawn. Nothing of this draft counts.")
