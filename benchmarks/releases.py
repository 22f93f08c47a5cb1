"""Releases: what it takes to let one customer's data out, and the data of half a million at once."""

import statistics
from datetime import date
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, Recipient, User
from accounts.services import open_customer
from benchmarks.measuring import Measurement, against, alternately, beside, seconds_of
from benchmarks.references.releases import insert_same_lines, insert_same_rows, prepare_same_lines, rows_of
from consent.models import Purpose
from consent.selectors import consent_form
from consent.services import grant_consent
from disclosures.cohorts import Cohort
from disclosures.gate import ReleaseRequest
from disclosures.models import LegalBasis, Release
from disclosures.services import approve_disclosure, carry_out_proposal, propose_disclosure, release_disclosure
from ledger.actor import Actor
from ledger.services import commitment_of
from portal import databases
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.factories import AccountFactory, RecipientFactory, UserFactory

CUSTOMERS = 50_000
MANY = 500_000
ROUNDS = 3
MOST_ROUND_TRIPS = 6
_FIELDS = ("account.number", "usage.readings")
_ZONE = "bench"
_TERMS: dict[str, Any] = {
    "field_ids": _FIELDS,
    "data_from": date(2025, 1, 1),
    "data_to": date(2026, 1, 1),
    "reason": "Measuring what a release takes",
}
_FILL = """
WITH customer AS (
    INSERT INTO accounts_customer (uuid, key_id, tag, kind, name, email, phone, mailing_street, mailing_city,
        mailing_region, mailing_postal_code, language, tax_id, bank_account)
    SELECT gen_random_uuid(), gen_random_uuid(), uuid_send(gen_random_uuid()), 'person', 'Alex Sample ' || number, '',
        '', '', '', '', '', 'en', '', '' FROM generate_series(1, %(count)s) number
    RETURNING id
)
INSERT INTO accounts_account (uuid, number, customer_id, service_street, service_city, service_region,
    service_postal_code, customer_class, climate_zone, opened_on)
SELECT gen_random_uuid(), 'B' || id, id, '1 Example Street', 'Valle Claro', 'CA', '90000', 'residential', %(zone)s,
    '2015-01-01' FROM customer
"""
_CONSENTS = """
WITH head AS (
    INSERT INTO consent_consent (uuid, customer_id, recipient_id, purpose_id, project, is_granted, version_count)
    SELECT gen_random_uuid(), customer_id, %(recipient)s, %(purpose)s, '', false, 0 FROM accounts_account
    WHERE climate_zone = %(zone)s
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
_CHECKS = (
    ("disclosures_releaseline", "lawful_lines"),
    ("disclosures_release", "lawful_release"),
    ("disclosures_release", "whole_release"),
)
"""What judges a release in the database: the bare reference goes without; foreign keys and the ledger's stay."""


def release_one() -> list[Measurement]:
    """Release one customer's data on written consent, against bare INSERTs of the same rows."""
    with provider_rows():
        staff: User = UserFactory.create(staff=True, bound=True)
        by = Actor.of(staff)
        recipient: Recipient = RecipientFactory.create(under_agreement=True)
        purpose, basis = Purpose.objects.get(code="energy_analysis"), LegalBasis.objects.get(code="written_consent")
        customer: Customer = AccountFactory.create().customer
        open_customer(customer=customer, reason="Measuring how long a release takes", by=by)
        grant_consent(
            customer=customer,
            recipient=recipient,
            purpose=purpose,
            field_ids=_FIELDS,
            data_from=date(2024, 1, 1),
            method="telephone",
            signed_on=provider_today(),
            signer_name="Alex Sample",
            notice_text=consent_form("en"),
            by=by,
        )
    request = ReleaseRequest(customers=(customer,), recipient=recipient, purpose=purpose, basis=basis, **_TERMS)
    with provider_rows():
        release_disclosure(request=request, by=by)
        with CaptureQueriesContext(connection) as captured:
            release = release_disclosure(request=request, by=by)
        rows = rows_of(release)

    def ours() -> None:
        with provider_rows():
            release_disclosure(request=request, by=by)

    def reference() -> None:
        with provider_rows():
            insert_same_rows(rows, statements=max(len(captured), len(rows)))

    for _ in range(10):
        seconds_of(ours)
        seconds_of(reference)
    took, bare = alternately(ours, reference, rounds=150)
    return [
        against("release_one", took * 1000, "ms", "bare INSERTs of the same rows", bare * 1000, limit=2.5),
        against("release_round_trips", len(captured), "round trips", "one", 1, limit=MOST_ROUND_TRIPS),
    ]


def release_many(*, is_full: bool = False) -> list[Measurement]:
    """Release many customers' data at once, for a primary purpose and on consent, against bare INSERT … SELECT."""
    count = MANY if is_full else CUSTOMERS
    with provider_rows():
        recipient: Recipient = RecipientFactory.create(under_agreement=True)
        people = [Actor.of(UserFactory.create(staff=True, bound=True)) for _ in range(2)]
        agreed, notice = Purpose.objects.get(code="energy_analysis"), consent_form("en")
        primary = Purpose.objects.get(code="grid_operations")
    _fill(count, {"recipient": recipient.pk, "purpose": agreed.pk, "notice": notice.pk, "fields": list(_FIELDS)})
    found = []
    for name, code, purpose in (
        ("release_many", "contractor_primary_purpose", primary),
        ("release_many_consented", "written_consent", agreed),
    ):
        request = ReleaseRequest(
            cohort=Cohort(climate_zone=_ZONE),
            recipient=recipient,
            purpose=purpose,
            basis=LegalBasis.objects.get(code=code),
            **_TERMS,
        )
        pairs = [_pair(request, people, count) for _ in range(2 if is_full else ROUNDS)]
        took, bare, checked = (statistics.median(each) for each in zip(*pairs, strict=True))
        label = f"bare INSERT … SELECT, {count:,} lines".replace(",", " ")
        found.append(against(name, took, "s", label, bare, limit=3))
        found.append(beside(f"{name}_guarded", took, "s", "the same with the database's own checks", checked))
    return found


def _pair(request: ReleaseRequest, people: list[Actor], count: int) -> tuple[float, float, float]:
    """Return the seconds of a release, of bare INSERTs of its rows, and of the same with the checks in place."""
    with provider_rows():
        proposal = propose_disclosure(request=request, by=people[0])
        approve_disclosure(proposal=proposal, by=people[1])
    made: list[Any] = []
    took = seconds_of(lambda: made.append(carry_out_proposal(proposal=proposal)))
    (release,) = made
    assert isinstance(release, Release)
    assert release.line_count == count
    with databases.login("deploy").connect(autocommit=True) as owner:
        for table, trigger in _CHECKS:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        bare = _seconds_of_reference(release)
        for table, trigger in _CHECKS:
            owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    return took, bare, _seconds_of_reference(release, is_checked=True)


def _seconds_of_reference(release: Release, *, is_checked: bool = False) -> float:
    with provider_rows():
        prepare_same_lines(release, commitment_of(bytes(release.salt), bytes(release.evidence)))

    def insert() -> None:
        with provider_rows():
            insert_same_lines(release, is_checked=is_checked)

    return seconds_of(insert)


def _fill(count: int, values: dict[str, Any]) -> None:
    tables = ("consent_consent", "consent_consentversion")
    with databases.login("deploy").connect(autocommit=False) as owner:
        owner.execute(_FILL, {"count": count, "zone": _ZONE})
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(_CONSENTS, {**values, "zone": _ZONE})
        owner.execute(_MOVE)
        owner.commit()  # what the deferred constraints still had to check
        always = owner.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid = ANY (%s::regclass[])",
            [list(tables)],
        ).fetchall()
        for table, trigger in always:
            owner.execute(f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{trigger}"')
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE consent_consent, consent_consentversion, accounts_customer, accounts_account")
