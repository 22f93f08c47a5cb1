from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from accounts.models import User

View = Callable[..., HttpResponseBase]


def by_role(*, customer: View, desk: View) -> View:
    """Return a view that serves one address to customers and to the desk, each with its own page.

    The view says in `roles` whom it lets in. Whoever is neither gets the customers' view, which asks to sign in or
    refuses.
    """

    def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_desk = isinstance(request.user, User) and request.user.is_provider
        return (desk if is_desk else customer)(request, *args, **kwargs)

    serve.roles = (*roles_of(customer), *roles_of(desk))  # type: ignore[attr-defined]
    return serve


def roles_of(view: View) -> tuple[str, ...]:
    """Return the roles that a class-based view lets in."""
    return tuple(view.view_class.roles)  # type: ignore[attr-defined]
