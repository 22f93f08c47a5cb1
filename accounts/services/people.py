from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotAllowedError, PersonError
from accounts.models import PROVIDER_ROLES, Recipient, Role, User
from accounts.services.acts import record_act
from accounts.services.outbox import post_message
from accounts.services.rights import require_administrator
from accounts.topics import SECURITY
from ledger.actor import Actor

INVITED_ROLES = (*PROVIDER_ROLES, Role.RECIPIENT)
"""Customers are not among them: who may see an account follows from the account, not from an administrator."""


@transaction.atomic
def invite_person(
    *, email: str, name: str, role: str, by: Actor, recipient: Recipient | None = None, language: str = "en"
) -> User:
    """Give one of the provider's people, or a recipient's user, a sign-in and mail them a link that works once.

    There is no password until the link is followed, and the mailbox is the only way to it; a second factor is demanded
    at the first sign-in. Raises NotAllowedError for all but administrators, PersonError.
    """
    require_administrator(by)
    if role not in INVITED_ROLES:
        raise PersonError(_("Choose a role of the provider's people, or that of a recipient's user."))
    if (role == Role.RECIPIENT) != (recipient is not None):
        raise PersonError(_("A recipient's user belongs to a recipient, and nobody else does."))
    if User.objects.filter(email__iexact=email).exists():
        raise PersonError(_("Somebody signs in with this e-mail address already. Look for them in the list."))
    user = User.objects.create_user(email, name=name.strip(), role=role, recipient=recipient, language=language)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    facts = {"person": user.uuid, "role": role, "recipient": recipient.uuid if recipient else None}
    record_act(kind="user.invited", by=by, facts=facts, row_uuid=user.uuid)
    _send_link(user, by)
    return user


@transaction.atomic
def invite_again(*, user: User, by: Actor) -> None:
    """Mail a new link to somebody who never chose a password.

    Raises NotAllowedError for all but administrators, PersonError for who has one or may not sign in.
    """
    require_administrator(by)
    if user.has_usable_password() or not user.is_active or user.role not in INVITED_ROLES:
        raise PersonError(_("They chose a password before. They can ask for a new one themselves, at sign-in."))
    record_act(kind="user.invited_again", by=by, facts={"person": user.uuid}, row_uuid=user.uuid)
    _send_link(user, by)


@transaction.atomic
def change_role(*, user: User, role: str, reason: str, by: Actor) -> User:
    """Give one of the provider's people another of the provider's roles; it counts from their next click.

    Raises NotAllowedError for all but administrators, for oneself, and for people of other kinds.
    """
    require_administrator(by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == by.user_id or not user.is_provider or role not in PROVIDER_ROLES:
        raise NotAllowedError
    if user.role != role:
        facts = {"person": user.uuid, "former": user.role, "role": role, "why": reason.strip()}
        user.role = role
        user.save(update_fields=["role"])
        record_act(kind="user.role_changed", by=by, facts=facts, row_uuid=user.uuid)
    return user


@transaction.atomic
def deactivate_user(*, user: User, reason: str, by: Actor) -> User:
    """Take away a person's right to sign in. Administrators only, and never of oneself."""
    require_administrator(by)
    if user.pk == by.user_id:
        raise NotAllowedError
    return _set_active(user, False, reason, by)


@transaction.atomic
def reactivate_user(*, user: User, reason: str, by: Actor) -> User:
    """Give a person's right to sign in back. Administrators only."""
    require_administrator(by)
    return _set_active(user, True, reason, by)


def _set_active(user: User, is_active: bool, reason: str, by: Actor) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active != is_active:
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        kind = "user.reactivated" if is_active else "user.deactivated"
        record_act(kind=kind, by=by, facts={"person": user.uuid, "why": reason.strip()}, row_uuid=user.uuid)
    return user


def _send_link(user: User, by: Actor) -> None:
    post_message(topic=SECURITY, to=user, template="invitation", context={"user": user.uuid}, by=by)
