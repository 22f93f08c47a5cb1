from collections.abc import Callable
from contextlib import AbstractContextManager

from django.http import HttpRequest, HttpResponse

from accounts.models import Role, User
from accounts.permissions import has_confidentiality_agreement
from accounts.selectors import reach_of
from ledger.actor import Actor
from protection import rowsecurity

_WITHOUT_TRANSACTION = frozenset({"/healthz", "/metrics"})
"""Answer also while the database does not, and choose their own scope."""


class RowScopeMiddleware:
    """Open one transaction around the view and let it see only the rows of whoever asks.

    A customer sees the accounts they are a member of, a recipient what concerns it, the provider's people everything,
    but only while a confidentiality agreement binds them; anybody else sees no customer's row, whatever a view forgets.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in _WITHOUT_TRANSACTION:
            return self.get_response(request)
        user = request.user
        if not isinstance(user, User):
            with rowsecurity.no_rows():
                return self.get_response(request)
        request.actor = Actor.of(user)  # type: ignore[attr-defined]
        with _scope_of(user):
            return self.get_response(request)


def _scope_of(user: User) -> AbstractContextManager[None]:
    if user.role == Role.CUSTOMER:
        reach = reach_of(user)
        return rowsecurity.subject_rows(user_id=user.pk, customers=reach.customers, accounts=reach.accounts)
    if user.role == Role.RECIPIENT and user.recipient_id is not None:
        return rowsecurity.recipient_rows(user.recipient_id)
    if user.is_provider and has_confidentiality_agreement(user):
        return rowsecurity.provider_rows()
    return rowsecurity.no_rows()
