"""How the desk and other systems find consents."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Account, Customer, Recipient
from consent.models import Consent, Purpose

LATEST, BY_CUSTOMER, BY_ORGANIZATION, BY_END = "changed", "customer", "organization", "end"
_ORDERS = {
    LATEST: (F("changed_at").desc(), F("pk").desc()),
    BY_CUSTOMER: (F("customer__name").asc(), F("pk").asc()),
    BY_ORGANIZATION: (F("recipient__legal_name").asc(), F("pk").asc()),
    BY_END: (F("scope_version__permission_to").asc(nulls_last=True), F("pk").asc()),
}


def search_consents(
    *,
    text: str = "",
    customer: Customer | None = None,
    recipient: Recipient | None = None,
    purpose: Purpose | None = None,
    status: str = "",
    method: str = "",
    ends_from: date | None = None,
    ends_before: date | None = None,
    order: str = LATEST,
    day: date,
) -> QuerySet[Consent]:
    """Return the consents that meet every given condition, the latest changed first or in another `order`.

    `text` is looked for in the customer's name, the account numbers and the project; `status` is a StatusCode on `day`,
    `method` how it was given (narrowing it later does not change that). `ends_from` and `ends_before` bound the last
    day of the permission, half-open; one that runs until it is withdrawn has no last day.
    """
    conditions = {
        "customer": customer,
        "recipient": recipient,
        "purpose": purpose,
        "scope_version__permission_to__gt": ends_from,
        "scope_version__permission_to__lte": ends_before,
    }
    found = Consent.objects.with_scope().with_state(day).order_by(*_ORDERS.get(order, _ORDERS[LATEST]))
    found = found.filter(**{lookup: value for lookup, value in conditions.items() if value is not None})
    if status:
        found = found.in_state(status, day)
    if method:
        found = found.filter(_given_by(method))
    for word in text.split():
        numbered = Account.objects.filter(number__startswith=word, customer=OuterRef("customer"))
        found = found.filter(Q(customer__name__icontains=word) | Q(project__icontains=word) | Exists(numbered))
    return found


def _given_by(method: str) -> Q:
    """Return the condition on the method of the grant: that of the notice it was served, where one is kept."""
    unserved = Q(scope_version__served_notice__isnull=True, scope_version__method=method)
    return unserved | Q(scope_version__served_notice__channel=method)
