import re
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from accounts.models import (
    Account,
    AgreementClause,
    ConfidentialityAgreement,
    Customer,
    CustomerOpening,
    Guardianship,
    Member,
    Recipient,
    RecipientAgreement,
    RecipientContact,
    RecipientIncident,
    User,
    ValueReveal,
)
from accounts.models.openings import CustomerOpeningQuerySet
from accounts.models.periods import in_force
from ledger.actor import Actor
from protection.clock import provider_today, provider_zone, transaction_time

_DIGITS = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class Reach:
    """The ids of the customers and accounts that a customer's user may see today."""

    customers: tuple[int, ...]
    accounts: tuple[int, ...]


def reach_of(user: User) -> Reach:
    """Return what the user is a member of today; it works while no row is in sight."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers, accounts FROM accounts_reach(%s, %s)", [user.pk, provider_zone().key])
        customers, accounts = cursor.fetchone()
    return Reach(tuple(customers), tuple(accounts))


def active_user(by: Actor) -> User | None:
    """Return the user who acts, or the owner of the client; None behind a command line or job, or once shut out."""
    return User.objects.filter(pk=by.user_id, is_active=True).first() if by.user_id is not None else None


def customers_of(user: User, today: date | None = None) -> QuerySet[Customer]:
    """Return the customers whose data the user may see and correct as a member today; who has read the day gives it."""
    memberships = Member.objects.in_force(today or provider_today()).filter(user=user)
    return Customer.objects.filter(accounts__members__in=memberships).distinct().order_by("pk")


def accounts_of(user: User) -> QuerySet[Account]:
    """Return the accounts that the user is a member of today, the newest first."""
    memberships = Member.objects.in_force(provider_today()).filter(user=user)
    return Account.objects.filter(members__in=memberships).select_related("customer").distinct().order_by("-opened_on")


def lacks_guardian(customer: Customer, day: date) -> bool:
    """Say whether the customer is a minor for whom no verified guardian agreed: nothing is taken or released then."""
    return customer.is_minor(day) and not Guardianship.objects.in_force(day).filter(customer=customer).exists()


def search_customers(text: str) -> QuerySet[Customer]:
    """Return the customers whose name, account number, e-mail, telephone or service street contains every word."""
    found = Customer.objects.order_by("name", "pk")
    for word in text.split():
        condition = (
            Q(name__icontains=word)
            | Q(email__icontains=word)
            | Q(accounts__number__startswith=word)
            | Q(accounts__service_street__icontains=word)
        )
        if len(digits := _DIGITS.sub("", word)) >= 4:
            condition |= Q(phone__contains=digits[-4:])
        found = found.filter(condition)
    return found.distinct()


def current_opening(user: User, customer: Customer) -> CustomerOpening | None:
    """Return the opening under which the user looks at this customer now, the one that lasts longest."""
    openings = CustomerOpening.objects.unexpired(transaction_time()).filter(user=user, customer=customer)
    return openings.order_by("-expires_at").first()


def recently_opened(user: User, limit: int = 10) -> list[CustomerOpening]:
    """Return the openings of the user that have not expired, the latest first."""
    openings = CustomerOpening.objects.unexpired(transaction_time()).filter(user=user)
    return list(openings.select_related("customer").order_by("-created_at", "-pk")[:limit])


def openings_of(customer: Customer) -> CustomerOpeningQuerySet:
    """Return every look of the provider's people at a customer, the latest first."""
    return CustomerOpening.objects.filter(customer=customer).select_related("user").order_by("-created_at", "-pk")


def reveals_of(customer: Customer) -> QuerySet[ValueReveal]:
    """Return every time that a sealed value of a customer was shown in full, the latest first."""
    return customer.reveals.select_related("user").order_by("-created_at", "-pk")


def members_on(customer: Customer) -> QuerySet[Member]:
    """Return who may act on a customer's accounts today."""
    return (
        Member.objects.in_force(provider_today())
        .filter(account__customer=customer)
        .select_related("user", "account")
        .order_by("account__number", "valid_from", "pk")
    )


def people(words: str = "", role: str = "") -> QuerySet[User]:
    """Return users with `agreement_in_force` and `agreement_until` (None: none, or without end), by role and name."""
    found = User.objects.select_related("recipient").order_by("role", "name", "pk")
    if role:
        found = found.filter(role=role)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    agreements = ConfidentialityAgreement.objects.filter(in_force(provider_today()), user=OuterRef("pk"))
    return cast(QuerySet[User], _with_agreement(found, agreements))


def recipients(words: str = "", kind: str = "", state: str = "") -> QuerySet[Recipient]:
    """Return recipients with `agreement_in_force` and `agreement_until` as for people, by name.

    `words` are looked for in names, addresses and contacts; `state` is stopped, unbound, bound or incident.
    """
    agreements = RecipientAgreement.objects.filter(in_force(provider_today()), recipient=OuterRef("pk"))
    found = Recipient.objects.order_by("legal_name", "pk")
    if kind:
        found = found.filter(kind=kind)
    for word in words.split():
        contacts = RecipientContact.objects.current().filter(_either(word, "name", "email"), recipient=OuterRef("pk"))
        named = _either(word, "legal_name", "trade_name", "email", "postal_address", "registered_address")
        found = found.filter(named | Exists(contacts))
    listed = cast(QuerySet[Recipient], _with_agreement(found, agreements))
    if not state:
        return listed
    incidents = RecipientIncident.objects.filter(recipient=OuterRef("pk"), closed_at__isnull=True)
    return listed.alias(has_incident=Exists(incidents)).filter(_RECIPIENT_STATES[state])


_RECIPIENT_STATES = {
    "stopped": Q(stopped_at__isnull=False),
    "unbound": Q(agreement_in_force=False),
    "bound": Q(agreement_in_force=True),
    "incident": Q(has_incident=True),
}


def clauses_of(agreement: RecipientAgreement) -> dict[str, AgreementClause]:
    """Return what was found last of each clause that somebody looked for in an agreement."""
    latest = agreement.clauses.order_by("code", "-checked_at", "-pk").distinct("code")
    return {clause.code: clause for clause in latest.select_related("checked_by")}


def _either(word: str, *names: str) -> Q:
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__icontains": word})
    return found


def _with_agreement(rows: QuerySet[Any], agreements: QuerySet[Any]) -> Any:
    latest = agreements.order_by(F("valid_to").desc(nulls_first=True)).values("valid_to")[:1]
    return rows.annotate(agreement_in_force=Exists(agreements), agreement_until=Subquery(latest))
