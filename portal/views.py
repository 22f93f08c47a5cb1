from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.models import User
from portal.homes import overview_of


@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show each role its own first page; an anonymous visitor signs in."""
    if not isinstance(request.user, User):
        return redirect("account_login")
    return render(request, f"portal/home_{request.user.role}.html", overview_of(request.user))


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether this process reaches the database; 503 when it does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
