"""Every version of every notice, for everybody."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import TemplateView, View

from consent.models import Notice, NoticeText
from consent.notice_differences import Paragraph, differences
from consent.notice_paper import notice_pdf
from consent.selectors import notice_in_force


def published(kind: str) -> QuerySet[Notice]:
    """Return the approved versions of a kind with their texts, the newest first. Raises Http404 for an unknown kind."""
    if kind not in Notice.Kind.values:
        raise Http404
    texts = Prefetch("texts", queryset=NoticeText.objects.order_by("language"))
    return Notice.objects.approved().filter(kind=kind).prefetch_related(texts).order_by("-number")


def text_in(notice: Notice, language: str) -> NoticeText:
    """Return a notice's text in a language. Raises Http404 where there is none."""
    found = next((text for text in notice.texts.all() if text.language == language), None)
    if found is None:
        raise Http404
    return found


def page_language() -> str:
    """Return the language of the page as notices name it."""
    return (get_language() or "en")[:2]


class ArchiveView(TemplateView):
    """List the versions of each notice."""

    template_name = "consent/notice_archive.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = [
            {
                "label": kind.label,
                "current": notice_in_force(kind),
                "versions": [(notice, text_in(notice, page_language())) for notice in published(kind)],
            }
            for kind in (Notice.Kind.PRIVACY, Notice.Kind.CONSENT_FORM)
        ]
        return super().get_context_data(kinds=kinds, **kwargs)


class CurrentNoticeView(View):
    """Lead to the privacy notice in force."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Redirect, for now: another version will be in force one day."""
        notice = notice_in_force(Notice.Kind.PRIVACY)
        if notice is None:
            raise Http404
        return redirect("consent:notice_version", kind=notice.kind, number=notice.number)


class VersionMixin:
    """For pages about one published version (`kind` and `number` in the URL)."""

    kwargs: dict[str, Any]

    @cached_property
    def notice(self) -> Notice:
        """Return the version; a draft is a 404."""
        return get_object_or_404(published(self.kwargs["kind"]), number=self.kwargs["number"])


class NoticeVersionView(VersionMixin, TemplateView):
    """Show one version with its lists, as it was frozen."""

    template_name = "consent/notice_version.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(published(self.notice.kind))
        return super().get_context_data(
            notice=self.notice,
            text=text_in(self.notice, page_language()),
            lists=self.notice.frozen["lists"],
            former=next((other for other in versions if other.number < self.notice.number), None),
            current=notice_in_force(self.notice.kind),
            **kwargs,
        )


class NoticePaperView(VersionMixin, View):
    """Give one version as PDF, in the language of the address."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return the file; it is the same each time."""
        text = text_in(self.notice, kwargs["language"])
        answer = HttpResponse(notice_pdf(self.notice, text), content_type="application/pdf")
        name = f"{self.notice.kind}-{self.notice.number}-{text.language}.pdf"
        answer["Content-Disposition"] = f'inline; filename="{name}"'
        return answer


class NoticeDifferenceView(TemplateView):
    """Show what one version says that another did not, and the other way round."""

    template_name = "consent/notice_difference.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = published(kwargs["kind"])
        older = get_object_or_404(versions, number=min(kwargs["older"], kwargs["newer"]))
        newer = get_object_or_404(versions, number=max(kwargs["older"], kwargs["newer"]))
        language = page_language()
        before, after = text_in(older, language), text_in(newer, language)
        return super().get_context_data(
            **{**kwargs, "older": older, "newer": newer},
            text=after,
            versions=list(versions),
            parts=[
                (_("Title"), differences(before.title, after.title)),
                (_("Text"), differences(before.body, after.body)),
                (_("Lists"), _changed(differences(_lists(older, language), _lists(newer, language)))),
            ],
        )


def _changed(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Leave out what is the same in both: the lists are long."""
    return [paragraph for paragraph in paragraphs if paragraph.is_changed]


def _lists(notice: Notice, language: str) -> str:
    return str(notice.frozen["rendered"].get(language, ""))
