from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from accounts.models import User
from consent.cookies import CHOICE_SECONDS, OPTIONAL, STATEMENT_VERSION, Signal
from consent.models import CookieChoice, PrivacySignal


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the portal knows of a signed-in person's devices: the last signal, the last choice under the statement."""

    signal: Signal
    chosen: frozenset[str] | None


def remembered_of(user: User) -> Remembered:
    """Return the last signal of a user, and the last choice if it is no older than a cookie gets, in one query."""
    signals = PrivacySignal.objects.filter(user=OuterRef("pk")).order_by("-pk")
    choices = CookieChoice.objects.filter(
        user=OuterRef("pk"),
        statement_version=STATEMENT_VERSION,
        created_at__gt=Now() - timedelta(seconds=CHOICE_SECONDS),
    ).order_by("-pk")
    row = (
        User.objects.filter(pk=user.pk)
        .values_list(
            Subquery(signals.values("has_gpc")[:1]),
            Subquery(signals.values("has_dnt")[:1]),
            Subquery(choices.values("purposes")[:1]),
        )
        .get()
    )
    has_gpc, has_dnt, purposes = row
    return Remembered(Signal(bool(has_gpc), bool(has_dnt)), None if purposes is None else frozenset(purposes))


@transaction.atomic
def choose_cookies(*, user: User, purposes: Collection[str], method: str) -> CookieChoice:
    """Record which optional cookies a signed-in person allows. Raises ValueError for an unknown purpose."""
    if unknown := set(purposes) - OPTIONAL:
        raise ValueError(f"No optional purposes of cookies: {', '.join(sorted(unknown))}.")
    return CookieChoice.objects.create(
        user=user, purposes=sorted(set(purposes)), statement_version=STATEMENT_VERSION, method=method
    )


@transaction.atomic
def note_signal(*, user: User, signal: Signal, last: Signal) -> PrivacySignal | None:
    """Record what a signed-in person's browser asks for, if it is not what was recorded `last`."""
    if signal == last:
        return None
    return PrivacySignal.objects.create(user=user, has_gpc=signal.has_gpc, has_dnt=signal.has_dnt)
