"""Whom an organization means: a customer matches who agrees with what it says in two data points, and who alone does.

Account number and e-mail address find candidates; name, ZIP code and telephone number confirm one. Name and ZIP code
by themselves find nobody: too many people share them. Nothing of this is ever told to the organization.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.matching import plainly
from accounts.models import Account, Customer, Guardianship
from consent.models import ProjectRequest, RequestMatch

Outcome = RequestMatch.Outcome
NEEDED = 2
_NO_DIGITS = re.compile(r"\D+")
_PHONE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """Whom a request means, and the data points that agreed."""

    outcome: str
    customer: Customer | None = None
    points: tuple[str, ...] = ()


def find_customer(request: ProjectRequest, day: date) -> Finding:
    """Return whom a request means on `day`; it changes nothing."""
    number = bare_number(request.account_number)
    known_by = Q(accounts__number=number)
    if request.email:
        known_by |= Q(email__iexact=request.email)
    candidates = Customer.objects.filter(known_by, forgotten_at__isnull=True).distinct().order_by("pk")[:50]
    agreed = [(points, customer) for customer in candidates if len(points := _points(request, customer)) >= NEEDED]
    most = max((len(points) for points, _customer in agreed), default=0)
    best = [(points, customer) for points, customer in agreed if len(points) == most]
    if len(best) != 1:
        return Finding(Outcome.AMBIGUOUS if best else Outcome.NO_MATCH)
    points, customer = best[0]
    return Finding(standing_of(customer, day), customer, points)


def standing_of(customer: Customer, day: date) -> str:
    """Return whether a customer can be asked on `day`, or why not."""
    if not customer.accounts.open(day).exists():
        return Outcome.CLOSED
    guarded = Guardianship.objects.in_force(day).filter(customer=customer).exists()
    return Outcome.MINOR if customer.is_minor(day) and not guarded else Outcome.MATCHED


def bare_number(number: str) -> str:
    """Return an account number without the blanks and hyphens of how people write it."""
    return re.sub(r"[\s-]+", "", number)


def _points(request: ProjectRequest, customer: Customer) -> tuple[str, ...]:
    accounts = list(Account.objects.filter(customer=customer))
    agrees = {
        "account_number": bare_number(request.account_number) in {account.number for account in accounts},
        "customer_name": plainly(request.customer_name) == plainly(customer.name),
        "postal_code": _zip(request.postal_code) in {_zip(account.service_postal_code) for account in accounts},
        "email": bool(request.email) and request.email.casefold() == customer.email.casefold(),
        "phone": bool(request.phone) and _same_phone(request.phone, [customer.phone]),
    }
    return tuple(name for name in ProjectRequest.NAMING if agrees[name])


def _zip(code: str) -> str:
    return _NO_DIGITS.sub("", code)[:5] or code.strip()


def _same_phone(stated: str, known: Iterable[str]) -> bool:
    digits = _NO_DIGITS.sub("", stated)[-_PHONE_DIGITS:]
    return len(digits) == _PHONE_DIGITS and digits in {_NO_DIGITS.sub("", each)[-_PHONE_DIGITS:] for each in known}
