"""Consents: is there one that covers this now, among a million; and what it takes to record one."""

import io
import statistics
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Customer, Recipient, User
from accounts.services import open_customer
from benchmarks.measuring import Measurement, against, alternately, beside, seconds_of
from benchmarks.references.copied import SameRows
from benchmarks.references.grants import insert_same_rows, rows_of
from consent.models import Consent, ConsentVersion, NoticeText, Purpose
from consent.selectors import consent_form, covering_version
from consent.services import grant_consent, order_bulk_entry, send_bulk_entry, work_bulk_entry
from ledger.actor import Actor
from portal import databases
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.factories import AccountFactory, CustomerFactory, RecipientFactory, UserFactory

CONSENTS = 1_000_000
MANY = 5_000_000
MOST_ROUND_TRIPS = 8
_FIELDS = ["account.number", "customer.name", "usage.readings"]
_PER_CUSTOMER = 20  # recipients: a customer may have many consents

# A million grants, as the owner may write them: the triggers that judge each one are set aside while the table fills.
_FILL = """
WITH wanted AS (
    SELECT customer.id AS customer_id, customer.uuid, recipient.id AS recipient_id, %(purpose)s::bigint AS purpose_id
    FROM accounts_customer customer CROSS JOIN accounts_recipient recipient
    WHERE customer.id > %(first)s AND recipient.id = ANY (%(recipients)s)
), head AS (
    INSERT INTO consent_consent (uuid, customer_id, recipient_id, purpose_id, project, is_granted, version_count)
    SELECT gen_random_uuid(), customer_id, recipient_id, purpose_id, '', false, 0 FROM wanted
    RETURNING id, customer_id, recipient_id, purpose_id
)
INSERT INTO consent_consentversion (uuid, consent_id, customer_id, recipient_id, purpose_id, number, kind,
    usage_point_ids, field_ids, datamap_version, data_from, permission_from, notice_text_id, method, signed_on,
    signer_name, reason, actor_kind, entry_id, salt, evidence)
SELECT gen_random_uuid(), id, customer_id, recipient_id, purpose_id, 1, 'grant', '{}', %(fields)s, 1, '2024-01-01',
    consent_today(), %(notice)s, 'portal', consent_today(), 'Alex Sample', '', 'customer', -id, '\\x00', '{}'
FROM head
"""
_MOVE = """
UPDATE consent_consent head SET current_version_id = version.id, scope_version_id = version.id, is_granted = true,
    version_count = 1
FROM consent_consentversion version WHERE version.consent_id = head.id AND head.current_version_id IS NULL
"""
_CUSTOMERS = """
INSERT INTO accounts_customer (uuid, key_id, tag, kind, name, email, phone, mailing_street, mailing_city,
    mailing_region, mailing_postal_code, language, tax_id, bank_account)
SELECT gen_random_uuid(), gen_random_uuid(), uuid_send(gen_random_uuid()), 'person', 'Alex Sample ' || number, '', '',
    '', '', '', '', 'en', '', '' FROM generate_series(1, %s) number
"""


_BULK_ROWS, _BULK_ROUNDS = 10_000, 5
_ACCOUNTS = """
INSERT INTO accounts_account (uuid, number, customer_id, service_street, service_city, service_region,
    service_postal_code, customer_class, climate_zone, opened_on)
SELECT gen_random_uuid(), 'B' || customer.id, customer.id, '1 Example Street', 'Valle Claro', 'CA', '90000',
    'residential', '', '2015-01-01'
FROM accounts_customer customer
WHERE NOT EXISTS (SELECT FROM accounts_account account WHERE account.customer_id = customer.id) AND %s > 0
"""
_TRIGGERS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid IN ('consent_consent'::regclass, 'consent_consentversion'::regclass)
"""


def consent_covering(*, is_full: bool = False) -> list[Measurement]:
    """Ask whether a consent covers recipient, purpose, fields, meters, data and now, with a million in the table."""
    total = MANY if is_full else CONSENTS
    customers, recipients, purpose = _fill(total)
    numbers = count()
    with provider_rows():
        keys = list(Consent.objects.order_by("pk").values_list("pk", flat=True)[: 20 * 997 : 997])
        asked = _asking(customers, recipients, purpose, numbers)
        assert asked() is not None
        with CaptureQueriesContext(connection) as captured:
            asked()
        for warm_up in (asked, lambda: Consent.objects.get(pk=keys[0])):
            for _ in range(50):
                warm_up()
        ours, reference = alternately(
            asked, lambda: Consent.objects.get(pk=keys[next(numbers) % len(keys)]), rounds=2000
        )
    name = f"a primary-key SELECT, {total:,} consents".replace(",", " ")
    return [
        against("consent_covering", ours * 1e6, "µs", name, reference * 1e6, limit=2),
        against("consent_covering_queries", len(captured), "queries", "one query", 1, limit=1),
    ]


def consent_granting() -> list[Measurement]:
    """Record consents given by telephone, each in a transaction of its own, against bare INSERTs of the same rows."""
    with provider_rows():
        staff: User = UserFactory.create(staff=True, bound=True)
        recipient: Recipient = RecipientFactory.create()
        customers: list[Customer] = CustomerFactory.create_batch(420)
        for customer in customers:
            open_customer(customer=customer, reason="Measuring how long a grant takes", by=Actor.of(staff))
        purpose, form, today = Purpose.objects.get(code="energy_analysis"), consent_form("en"), provider_today()
    unused = iter(customers)
    by = Actor.of(staff)
    with provider_rows():
        consent = grant_consent(customer=next(unused), recipient=recipient, by=by, **_terms(purpose, form, today))
        with CaptureQueriesContext(connection) as captured:
            grant_consent(customer=next(unused), recipient=recipient, by=by, **_terms(purpose, form, today))
        rows = rows_of(consent)

    def grant() -> None:
        customer = next(unused)
        with provider_rows():
            grant_consent(customer=customer, recipient=recipient, by=by, **_terms(purpose, form, today))

    def insert() -> None:
        customer = next(unused)
        with provider_rows():
            insert_same_rows(rows, customer, statements=len(captured))

    for _ in range(10):
        seconds_of(grant)
        seconds_of(insert)
    ours, reference = alternately(grant, insert, rounds=190)
    return [
        against("consent_granting", ours * 1000, "ms", "bare INSERTs of the same rows", reference * 1000, limit=2.5),
        against("consent_round_trips", len(captured), "round trips", "one", 1, limit=MOST_ROUND_TRIPS),
    ]


def consent_bulk() -> list[Measurement]:
    """Record 10,000 consents of a checked CSV, from reading it to the commit, against COPY of the same rows."""
    with provider_rows():
        staff: User = UserFactory.create(staff=True, bound=True)
        recipients = RecipientFactory.create_batch(_BULK_ROUNDS + 1)
        first = AccountFactory.create().pk
    with databases.login("deploy").connect() as owner:
        owner.execute(_CUSTOMERS, [_BULK_ROWS])
        owner.execute(_ACCOUNTS, [first])
    with provider_rows():
        numbers = list(Account.objects.filter(pk__gt=first).values_list("number", flat=True))
    by = Actor.of(staff)
    ours: list[float] = []
    checks: list[float] = []
    reference: list[float] = []
    for recipient in recipients:
        with provider_rows():
            entry = send_bulk_entry(table=_table(numbers, recipient), scans=None, language="en", by=by)
        checks.append(seconds_of(lambda entry=entry: work_bulk_entry(entry_id=entry.pk)))  # type: ignore[misc]
        with provider_rows():
            order_bulk_entry(entry=entry, takes_clean_rows=False, by=by)
        ours.append(seconds_of(lambda entry=entry: work_bulk_entry(entry_id=entry.pk)))  # type: ignore[misc]
        with provider_rows():
            entry.refresh_from_db()
        assert entry.recorded_count == _BULK_ROWS
        if not reference:
            same = SameRows(_BULK_ROWS)
        reference.append(seconds_of(same.copy))
        same.empty()
    taken, copied = statistics.median(ours[1:]), statistics.median(reference[1:])
    name = f"COPY of the same rows, {same.bytes / 1e6:.0f} MB"
    return [
        against("consent_bulk_10k", taken, "s", name, copied, limit=10),
        beside("consent_bulk_check", statistics.median(checks[1:]), "s", name, copied),
    ]


def _table(numbers: list[str], recipient: Recipient) -> io.BytesIO:
    header = "account,recipient,purpose,fields,data_from,method,signed_on,signer_name"
    told = f'{recipient.legal_name},energy_analysis,"{" ".join(_FIELDS)}",2024-01-01,telephone,2026-01-05,Alex Sample'
    return io.BytesIO("\n".join([header, *(f"{number},{told}" for number in numbers)]).encode())


def _terms(purpose: Purpose, form: NoticeText, today: date) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "field_ids": _FIELDS,
        "data_from": date(2024, 1, 1),
        "method": "telephone",
        "signed_on": today - timedelta(days=1),
        "signer_name": "Alex Sample",
        "notice_text": form,
        "request_id": uuid4(),
    }


def _asking(
    customers: list[int], recipients: list[int], purpose: int, numbers: "count[int]"
) -> Callable[[], int | None]:
    def ask() -> int | None:
        number = next(numbers) * 7919
        return covering_version(
            recipient_id=recipients[number % len(recipients)],
            purpose_id=purpose,
            customer_id=customers[number % len(customers)],
            field_ids=_FIELDS[:2],
            data_from=date(2024, 2, 1),
            data_to=date(2025, 2, 1),
        )

    return ask


def _fill(total: int) -> tuple[list[int], list[int], int]:
    with provider_rows():
        recipients = [recipient.pk for recipient in RecipientFactory.create_batch(_PER_CUSTOMER)]
        purpose, form = Purpose.objects.get(code="energy_analysis"), consent_form("en")
        last = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with databases.login("deploy").connect(autocommit=False) as owner:
        for table in ("consent_consent", "consent_consentversion"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(_CUSTOMERS, [total // _PER_CUSTOMER])
        values = {
            "first": last,
            "recipients": recipients,
            "purpose": purpose.pk,
            "fields": _FIELDS,
            "notice": form.pk,
        }
        owner.execute(_FILL, values)
        owner.execute(_MOVE)
        owner.commit()  # what the deferred constraints still had to check
        for table, trigger in owner.execute(_TRIGGERS).fetchall():
            owner.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{trigger}"')
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE consent_consent, consent_consentversion, accounts_customer")
    with provider_rows():
        customers = list(Customer.objects.filter(pk__gt=last).values_list("pk", flat=True)[:5000])
        assert ConsentVersion.objects.count() >= total
    return customers, recipients, purpose.pk
