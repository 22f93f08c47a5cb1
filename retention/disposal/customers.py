"""Customers whose accounts are closed: what says who they were is blanked, and the key of what was sealed destroyed.

Their rows stay, under uuid and ledger tag alone, since disclosures and holds refer to them. There are two steps, each
complete in one transaction: the rows are blanked, which commits; then the key is destroyed and that is written down. A
crash between destroying and writing has the destroying repeated, which does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection
from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet, Subquery

from accounts.models import Account, AccountAct, Customer, FieldConflict, FieldSource, Member, User
from energy.models import Bill, ReadingOverride, Series, UsagePoint
from protection.keystore import key_store
from retention.disposal.registry import companions, cover_place, needs, register
from retention.disposal.rowstores import NOTHING, Disposed, RowStore
from retention.disposal.tombstones import leave_tombstones
from retention.models import HeldBill, HeldDayReading, LegalHold, PurgeItem, PurgeRun

_BLANK_CUSTOMERS = """
    UPDATE accounts_customer
    SET name = 'Former customer', email = '', phone = '', mailing_street = '', mailing_city = '', mailing_region = '',
        mailing_postal_code = '', birth_date = NULL, language = 'en', tax_id = '', tax_id_index = NULL,
        bank_account = '', forgotten_at = transaction_timestamp()
    WHERE id = ANY (%s)
"""
_BLANK_ACCOUNTS = """
    UPDATE accounts_account
    SET number = 'former ' || id, service_street = '', service_city = '', service_region = '',
        service_postal_code = '', climate_zone = ''
    WHERE customer_id = ANY (%s)
"""
_BLANK_USERS = """
    UPDATE accounts_user
    SET email = 'former-' || uuid || '@portal.invalid', name = 'Former user', language = 'en', password = '!',
        last_login = NULL, is_active = false
    WHERE id = ANY (%s)
"""
KEPT = frozenset({"account.customer_class", "account.opened_on", "account.closed_on"})
"""Personal fields that stay, since nothing is left that says of whom they speak."""

_OF_CUSTOMERS: tuple[tuple[type[Model], str], ...] = (
    (FieldSource, "customer"),
    (FieldConflict, "customer"),
    (AccountAct, "customer"),
    (Member, "account__customer"),
    (UsagePoint, "account__customer"),
)
_OF_USERS: tuple[tuple[type[Model], str], ...] = (
    (EmailConfirmation, "email_address__user"),
    (EmailAddress, "user"),
    (Authenticator, "user"),
    (UserSession, "user"),
    (Token, "user"),
)
_LATEST_CLOSING = Subquery(
    Account.objects.filter(customer=OuterRef("pk"))
    .order_by()
    .values("customer")
    .annotate(closed=Max("closed_on"))
    .values("closed")
)
_UNFORGOTTEN_USAGE = [
    Q(Exists(model._base_manager.filter(account__customer=OuterRef("pk"))))
    for model in (Series, Bill, HeldDayReading, HeldBill, ReadingOverride)
]


@dataclass(frozen=True, slots=True)
class Identities(RowStore):
    """Customers all of whose accounts are closed; due once nothing is left that needs to be told whose it is.

    Any hold in force on the customer, whatever its classes, keeps the identity: what is held must stay attributable.
    """

    def past(self, before: date) -> QuerySet[Any]:
        """Return the customers whose last account was closed before a day and of whom no usage or bill is left."""
        needed = reduce(or_, [*_UNFORGOTTEN_USAGE, *needs()])
        return RowStore.past(self, before).exclude(needed)

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return the accounts closed before a day whose customer is not forgotten yet."""
        return Account.objects.filter(closed_on__lt=before, customer__forgotten_at__isnull=True)

    def due(self, before: date) -> QuerySet[Any]:
        """Return the same: rows that refer to the customer do not keep a name, since the row stays."""
        return self.past(before)

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return the same."""
        return self.past(before)

    @property
    def models(self) -> frozenset[type[Model]]:
        """Return the models that are blanked, and those whose rows go with them."""
        hanging = (model for model, _path in (*_OF_CUSTOMERS, *_OF_USERS, *companions()))
        return frozenset({Customer, Account, User, *hanging})

    def under_hold(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of these customers whom a hold in force names."""
        holds = LegalHold.objects.in_force()
        return rows.filter(reduce(or_, (Exists(holds.filter(subject)) for subject in self.subjects())))

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Blank these customers, their accounts and the users who belonged to nobody else.

        The lock keeps new accounts away, since their foreign key asks for the customer's row; who got one first stays.
        """
        list(Customer.objects.filter(pk__in=keys).order_by("pk").select_for_update().values_list("pk"))
        keys = list(self.rows().filter(pk__in=keys).values_list("pk", flat=True))
        if not keys:
            return NOTHING
        users = list(Member.objects.filter(account__customer__in=keys).values_list("user", flat=True).distinct())
        for model, path in (*companions(), *_OF_CUSTOMERS):
            rows = model._base_manager.filter(**{f"{path}__in": keys})
            leave_tombstones(rows, self.retention_class, run)
            _delete(rows)
        _forget_users(users)
        _execute(_BLANK_ACCOUNTS, keys)
        return Disposed(_execute(_BLANK_CUSTOMERS, keys))


@dataclass(frozen=True, slots=True)
class Keys(RowStore):
    """The data keys of customers who were forgotten; plans count those who are about to be."""

    action: ClassVar[str] = PurgeItem.Action.DESTROY_KEYS

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return the accounts closed before a day whose customer's key still stands."""
        return Account.objects.filter(closed_on__lt=before, customer__key_destroyed_at__isnull=True)

    def due(self, before: date) -> QuerySet[Any]:
        """Return the customers whose keys go now, or as soon as they are blanked."""
        return self.past(before).filter(
            Q(forgotten_at__isnull=False) | Q(Exists(IDENTITIES.due(before).filter(pk=OuterRef("pk"))))
        )

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return the customers who are blanked and whose keys still stand."""
        return self.past(before).filter(forgotten_at__isnull=False)

    def held(self, before: date) -> QuerySet[Any]:
        """Return the customers who are past their time and held."""
        return self.under_hold(self.due(before).filter(forgotten_at__isnull=True))

    def under_hold(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of these customers whom a hold in force names."""
        return IDENTITIES.under_hold(rows)

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Destroy these customers' keys, then write down that they are gone."""
        for key_id in Customer.objects.filter(pk__in=keys).order_by("pk").values_list("key_id", flat=True):
            key_store().destroy(key_id)
        return Disposed(
            _execute(
                "UPDATE accounts_customer SET key_destroyed_at = transaction_timestamp() WHERE id = ANY (%s)", keys
            )
        )


def _forget_users(users: list[int]) -> None:
    """Blank the customers' users who are members of no account any more."""
    left = User.objects.filter(pk__in=users, role="customer").exclude(
        Exists(Member.objects.filter(user=OuterRef("pk")))
    )
    forgotten = list(left.values_list("pk", flat=True))
    for model, path in _OF_USERS:
        _delete(model._base_manager.filter(**{f"{path}__in": forgotten}))
    _execute(_BLANK_USERS, forgotten)


def _delete(rows: QuerySet[Any]) -> None:
    keys = list(rows.values_list("pk", flat=True))
    rows.model._base_manager.filter(pk__in=keys)._raw_delete(rows.db)


def _execute(statement: str, keys: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(keys)])
        return int(cursor.rowcount)


_CLOSED = ~Q(Exists(Account.objects.filter(customer=OuterRef("pk"), closed_on__isnull=True)))
IDENTITIES = Identities(
    "identity",
    Customer,
    _LATEST_CLOSING,
    customer="pk",
    condition=Q(forgotten_at__isnull=True) & _CLOSED,
    is_clock_a_date=True,
)
KEYS = Keys(
    "identity",
    Customer,
    _LATEST_CLOSING,
    customer="pk",
    condition=Q(key_destroyed_at__isnull=True) & _CLOSED,
    is_clock_a_date=True,
    part="keys",
)
register(IDENTITIES, KEYS)
cover_place("key store")
