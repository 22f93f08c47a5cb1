"""Choosing cookies, signed in or not, and the answer to who asks how this site treats Global Privacy Control."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.generic import TemplateView

from accounts.models import User
from consent.cookies import (
    CHOICE_COOKIE,
    CHOICE_SECONDS,
    OPTIONAL,
    PURPOSES,
    STATEMENT_VERSION,
    VISIT_COOKIE,
    choice_value,
    privacy_of,
    set_private_cookie,
)
from consent.models import CookieChoice
from consent.services import choose_cookies
from protection.rowsecurity import subject_rows

GPC_SINCE = "2026-11-21"
"""When the portal's treatment of the signal last changed."""


class CookieView(TemplateView):
    """Show the cookies by purpose with what counts on this device, and take a choice from here or from the banner."""

    template_name = "consent/cookies.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            purposes=PURPOSES, privacy=privacy_of(self.request), version=STATEMENT_VERSION, **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        purposes = _purposes(request)
        if purposes is None:
            return redirect("consent:cookies")
        is_banner = "next" in request.POST
        user = request.user
        if isinstance(user, User):
            method = CookieChoice.Method.BANNER if is_banner else CookieChoice.Method.PAGE
            with subject_rows(user_id=user.pk):
                choose_cookies(user=user, purposes=purposes, method=method)
        if not is_banner:
            messages.success(request, _("Your choice about cookies is saved."))
        response = redirect(_way_back(request))
        set_private_cookie(response, CHOICE_COOKIE, choice_value(purposes), CHOICE_SECONDS)
        if not purposes:
            response.delete_cookie(VISIT_COOKIE)
        return response


@cache_control(public=True, max_age=86400)
def gpc(request: HttpRequest) -> JsonResponse:
    """Say that this site honours Global Privacy Control (its specification, section 5)."""
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})


def _purposes(request: HttpRequest) -> list[str] | None:
    """Return what a form allows: nothing, everything, or what is ticked; None for what no form sends."""
    given = {
        "refuse": [],
        "accept": sorted(OPTIONAL),
        "save": sorted(OPTIONAL.intersection(request.POST.getlist("purpose"))),
    }
    return given.get(request.POST.get("choice", ""))


def _way_back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("consent:cookies")
