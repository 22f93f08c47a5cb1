from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from accounts.models import User

View = Callable[..., HttpResponseBase]


def by_role(*, customer: View, desk: View) -> View:
    """Return a view that serves one address to customers and to the desk, each with its own page.

    Whoever is neither gets the customers' view, which asks to sign in or refuses.
    """

    def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_desk = isinstance(request.user, User) and request.user.is_provider
        return (desk if is_desk else customer)(request, *args, **kwargs)

    return serve
