"""Who may do what with people's data. Services ask here; the view mixins are courtesy in front of them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from allauth.idp.oidc.contrib.rest_framework.permissions import TokenPermission
from django.contrib.auth.mixins import AccessMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import (
    Act,
    AgentAuthorization,
    ConfidentialityAgreement,
    Customer,
    CustomerOpening,
    Member,
    Role,
    User,
)
from accounts.selectors import active_user
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time

if TYPE_CHECKING:
    from rest_framework.views import APIView

DESK_ROLES = frozenset({Role.STAFF, Role.ADMINISTRATOR})
WRITING_SCOPES = frozenset({"consents:write", "releases:write"})


def has_confidentiality_agreement(user: User) -> bool:
    """Say whether the user is bound by a confidentiality agreement today."""
    return ConfidentialityAgreement.objects.in_force(provider_today()).filter(user=user).exists()


def is_bound(by: Actor, roles: Collection[str]) -> bool:
    """Say whether the actor has one of `roles` and is bound to confidentiality; a command line or job passes."""
    if by.is_unattended:
        return True
    user = active_user(by) if by.kind in roles else None
    return user is not None and user.role in roles and has_confidentiality_agreement(user)


def can_open_customer(user: User, customer: Customer) -> bool:
    """Say whether the user may, with a reason, look at this customer."""
    return user.is_active and user.is_provider and has_confidentiality_agreement(user)


def can_see_customer(user: User, customer: Customer) -> bool:
    """Say whether the user may look at this customer now: as a member, or under an opening that has not expired."""
    if user.is_provider:
        openings = CustomerOpening.objects.unexpired(transaction_time())
        return has_confidentiality_agreement(user) and openings.filter(user=user, customer=customer).exists()
    return Member.objects.in_force(provider_today()).filter(user=user, account__customer=customer).exists()


def can_correct_customer(user: User, customer: Customer) -> bool:
    """Say whether the user may correct this customer's data: whom the customer lets, or staff who opened the customer.

    Every member may but an agent whose permission does not say so.
    """
    if user.role in DESK_ROLES:
        return can_see_customer(user, customer)
    return user.role == Role.CUSTOMER and _is_let(user, Act.CORRECT, customer)


def can_consent_for(user: User, customer: Customer) -> bool:
    """Say whether the user may agree for this customer: a holder, an agent who may; for a minor the guardian alone."""
    return _is_let(user, Act.CONSENT, customer)


def can_withdraw_for(user: User, customer: Customer) -> bool:
    """Say whether the user may withdraw a consent of this customer: every member but an agent who may not."""
    return _is_let(user, Act.WITHDRAW, customer)


def can_manage_delegates(by: Actor, customer: Customer) -> bool:
    """Say whether the actor may take in who acts for a customer: staff who opened the customer, a command line."""
    if by.is_unattended:
        return True
    user = active_user(by) if by.kind in DESK_ROLES else None
    return user is not None and user.role in DESK_ROLES and can_see_customer(user, customer)


def can_revoke_agent(by: Actor, authorization: AgentAuthorization) -> bool:
    """Say whether the actor may end what an agent may do: who agrees for the customer, the agent, or staff."""
    user = active_user(by)
    if user is None:
        return False
    if user.role != Role.CUSTOMER:
        return can_manage_delegates(by, authorization.customer)
    own = Member.objects.that_may(Act.CONSENT, provider_today()).exclude(part=Member.Part.AGENT)
    return user.pk == authorization.agent_id or own.filter(user=user, account__customer=authorization.customer).exists()


def _is_let(user: User, act: Act, customer: Customer) -> bool:
    return Member.objects.that_may(act, provider_today()).filter(user=user, account__customer=customer).exists()


def can_manage_api_clients(by: Actor) -> bool:
    """Say whether the actor may give other systems access to the API, and take it away."""
    return by.kind in {Role.ADMINISTRATOR, "operator"}


def can_own_api_client(user: User, scopes: Collection[str]) -> bool:
    """Say whether the user may answer for a client with these scopes: one of the provider's, to write one of the desk.

    It also takes a confidentiality agreement, which is asked for at each request, since agreements end.
    """
    writes = not WRITING_SCOPES.isdisjoint(scopes)
    return user.is_active and user.is_provider and (not writes or user.role in DESK_ROLES)


class RoleRequired(AccessMixin):
    """Let only signed-in users of `roles` in: an anonymous visitor signs in first, another role gets 403."""

    roles: tuple[str, ...] = ()
    request: HttpRequest

    @property
    def user(self) -> User:
        """Return who is signed in."""
        return cast(User, self.request.user)

    @property
    def actor(self) -> Actor:
        """Return who acts, as services take it."""
        return Actor.of(self.user)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the role before anything of the view runs."""
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if request.user.role not in self.roles:
            self.raise_exception = True
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]


class SignedInRequired(RoleRequired):
    """For pages that everybody has who is signed in."""

    roles = tuple(Role.values)


class CustomerRequired(RoleRequired):
    """For customers' own pages."""

    roles = (Role.CUSTOMER,)


class RecipientRequired(RoleRequired):
    """For the desk of a recipient's users."""

    roles = (Role.RECIPIENT,)


class StaffRequired(RoleRequired):
    """For staff; an administrator may do what staff do."""

    roles = (Role.STAFF, Role.ADMINISTRATOR)


class AdministratorRequired(RoleRequired):
    """For administrators."""

    roles = (Role.ADMINISTRATOR,)


class ProviderRequired(RoleRequired):
    """For pages that staff, auditors and administrators share."""

    roles = (Role.STAFF, Role.AUDITOR, Role.ADMINISTRATOR)


class BoundStaffRequired(StaffRequired):
    """For staff whom a confidentiality agreement binds today; without one the page says what to do (promise W5)."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse, in words, who has the role but no agreement in force."""
        user = request.user
        if isinstance(user, User) and user.role in self.roles and not has_confidentiality_agreement(user):
            return render(request, "accounts/agreement_missing.html", status=403)
        return super().dispatch(request, *args, **kwargs)


class OpenedCustomerMixin(BoundStaffRequired):
    """For staff pages about one customer (`uuid` in the URL): without an opening, ask for the reason first."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def customer(self) -> Customer:
        """Return the customer the page is about; an unknown one is a 404."""
        return get_object_or_404(Customer.objects.all(), uuid=self.kwargs["uuid"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirect to the page that asks for a reason unless this person has opened the customer."""
        user = request.user
        if isinstance(user, User) and self._may_ask(user) and not can_see_customer(user, self.customer):
            response = redirect("accounts:customer_open", uuid=self.customer.uuid)
            response["Location"] += "?" + urlencode({"next": request.get_full_path()})
            return response
        return super().dispatch(request, *args, **kwargs)

    def _may_ask(self, user: User) -> bool:
        return user.role in self.roles and has_confidentiality_agreement(user)


def token_with(*, read: str, write: str) -> type[TokenPermission]:
    """Return the API permission that a client's token must carry: `read` for reading, `write` for all other methods."""

    class TokenWithScope(TokenPermission):  # type: ignore[misc]
        @staticmethod
        def scope_of(method: str | None) -> str:
            return read if method in SAFE_METHODS else write

        def has_permission(self, request: Request, view: "APIView") -> bool:
            wanted = self.scope_of(request.method)
            self.scope = [wanted]
            self.message = _(
                "This needs the scope %(scope)s, which your token does not carry. "
                "Ask for it at the token endpoint; an administrator decides which scopes a client may have."
            ) % {"scope": wanted}
            return bool(super().has_permission(request, view))

    return TokenWithScope
