"""Refusing messages by the link in one of them, without signing in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from accounts.models import Customer
from accounts.topics import TOPICS
from consent.contact import last_choice, table_of
from consent.links import open_link
from consent.services import refuse_by_link, undo_refusal
from protection.rowsecurity import subject_rows

ONE_CLICK = "One-Click"


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    """Show what a link refuses, and refuse it when it is posted to: by a person's click, or by a mail program's.

    Looking changes nothing, since mail programs open links to check them. Nobody signs in and no cookie is read: the
    token alone is the right to do this, and can do no more, so that a form needs no other proof of where it came from.
    RFC 8058 wants the mail program's POST answered at once, without a redirect.
    """

    roles: tuple[str, ...] = ()

    http_method_names = ("get", "head", "post")
    customer: Customer
    topic: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """See that one customer's rows alone, whoever else may be signed in on this device."""
        link = open_link(kwargs["token"])
        if link is None or link.topic not in TOPICS:
            return _guarded(render(request, "consent/unsubscribe_unknown.html", status=404))
        with subject_rows(user_id=0, customers=[link.customer_id]):
            customer = Customer.objects.filter(pk=link.customer_id).first()
            if customer is None:
                return _guarded(render(request, "consent/unsubscribe_unknown.html", status=404))
            self.customer, self.topic = customer, link.topic
            return _guarded(super().dispatch(request, *args, **kwargs))

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        asked = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with translation.override(asked if asked in dict(settings.LANGUAGES) else self.customer.language):
            return render(request, "consent/unsubscribe.html", _state(self.customer, self.topic))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        act = request.POST.get("act", "")
        if act == "undo":
            undo_refusal(customer=self.customer)
        else:
            refuse_by_link(customer=self.customer, topics=None if act == "all" else [self.topic])
        if request.POST.get("List-Unsubscribe") == ONE_CLICK:
            return HttpResponse("", content_type="text/plain")
        return redirect(request.path)


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the address, which is the right to refuse, out of caches, search engines and referrers."""
    patch_cache_control(response, no_store=True, private=True)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _state(customer: Customer, topic: str) -> dict[str, Any]:
    """Return what the page says: of the link's own topic alone, since a message may have been passed on."""
    choice = last_choice(customer)
    table = table_of(choice)
    return {
        "topic": TOPICS[topic],
        "is_refused": not table.get(topic),
        "can_undo": choice is not None and bool(choice.refused),
        "has_others": any(channels and TOPICS[code].is_refusable for code, channels in table.items() if code != topic),
    }
