import re

from django.db.models import Q, QuerySet

from accounts.models import Account, Customer, Member, User
from protection.clock import provider_today

_DIGITS = re.compile(r"\D+")


def members_of(user: User) -> QuerySet[Member]:
    """Return the user's memberships that hold today, with account and customer."""
    return (
        Member.objects.in_force(provider_today())
        .filter(user=user)
        .select_related("account__customer")
        .order_by("account__opened_on", "pk")
    )


def customers_of(user: User) -> QuerySet[Customer]:
    """Return the customers whose data the user may see and correct as a member today."""
    memberships = Member.objects.in_force(provider_today()).filter(user=user)
    return Customer.objects.filter(accounts__members__in=memberships).distinct().order_by("pk")


def accounts_of(user: User) -> QuerySet[Account]:
    """Return the accounts that the user is a member of today, the newest first."""
    memberships = Member.objects.in_force(provider_today()).filter(user=user)
    return Account.objects.filter(members__in=memberships).select_related("customer").distinct().order_by("-opened_on")


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
