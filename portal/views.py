import logging

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.models import User
from portal import database_guards, journal_guard
from portal.homes import overview_of
from portal.metrics import may_ask
from portal.watch.web import health_figures, watch_from_web

logger = logging.getLogger(__name__)


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show each role its own first page; an anonymous visitor signs in."""
    if not isinstance(request.user, User):
        return redirect("account_login")
    return render(request, f"portal/home_{request.user.role}.html", overview_of(request.user))


@never_cache
@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether this process reaches the database and what the portal relies on stands there.

    503 names the kinds of faults to anybody; what exactly is wrong is in the log alone. Who may read the metrics reads
    the figures here, too; they do not make the answer a 503, since another web process would do no better.
    """
    try:
        faults = database_guards.faults()
        if all(fault.kind != database_guards.MIGRATIONS for fault in faults):
            faults += journal_guard.faults()
    except OperationalError:
        logger.exception("The database does not answer.")
        return JsonResponse({"status": "fault", "faults": ["database"]}, status=503)
    for fault in faults:
        logger.error("A guard does not stand, %s: %s", fault.kind, fault.detail)
    kinds = sorted({fault.kind for fault in faults})
    if database_guards.MIGRATIONS not in kinds:
        watch_from_web()
    if kinds:
        return JsonResponse({"status": "fault", "faults": kinds}, status=503)
    return JsonResponse({"status": "ok", **(health_figures() if may_ask(request) else {})})
