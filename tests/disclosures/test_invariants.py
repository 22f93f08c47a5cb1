"""Rules that hold whatever the application does: each is tried in raw SQL or past the services."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from accounts.services import stop_recipient
from disclosures.errors import ReleaseDenied
from disclosures.models import (
    Delivery,
    LegalBasis,
    Package,
    Release,
    ReleaseDenial,
    ReleaseLine,
)
from disclosures.models.bases import FLAGS
from disclosures.services import release_disclosure
from ledger.models import Entry
from ledger.services import commitment_of, record
from protection.clock import provider_today, transaction_time
from protection.files import seal_bytes
from protection.rowsecurity import no_rows, recipient_rows, subject_rows
from tests.disclosures.factories import FIELDS, FROM, REQUESTER, TO, WHY, Case, basis, purpose
from tests.factories import AccountFactory, CustomerFactory, RecipientAgreementFactory, RecipientFactory

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]
pytestmark = pytest.mark.django_db


def run(sql: str, *parameters: object) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def forge_release(case: Case, code: str = "written_consent", **changes: Any) -> Release:
    """Insert a release past the gate, with its ledger entry, proper but for the changes."""
    legal = basis(code)
    columns = {
        **{"basis_kind" if flag == "kind" else flag: getattr(legal, flag) for flag in FLAGS},
        "recipient": case.recipient,
        "purpose": purpose("energy_analysis"),
        "purpose_is_secondary": True,
        "basis": legal,
        "field_ids": list(FIELDS),
        "data_from": FROM,
        "data_to": TO,
        "format": "csv",
        "reason": WHY,
        "actor_kind": "system",
        "actor_name": "forger",
        "line_count": 1,
        "requester": REQUESTER.as_json(),
        "decided_at": transaction_time(),
        **record(kind="release.made", subject_tag=bytes(case.recipient.tag), evidence={"forged": True}).columns(),
        **changes,
    }
    with transaction.atomic():
        return Release.objects.create(**columns)


@transaction.atomic
def forge_line(case: Case, release: Release | None = None, **changes: Any) -> ReleaseLine:
    """Insert a release and its line past the gate, with their ledger entries, proper but for the line's changes."""
    release = release or forge_release(case)
    tag, salt = bytes(case.customer.tag), b"s" * 32
    release_hash = commitment_of(bytes(release.salt), bytes(release.evidence))
    commitment = commitment_of(salt, release_hash + tag)
    entry = Entry.objects.create(kind="release.line", subject_tag=tag, commitment=commitment)
    columns = {
        "entry_id": entry.pk,
        "created_at": transaction_time(),
        "release": release,
        "customer": case.customer,
        "account_ids": [case.account.pk],
        "usage_point_ids": [],
        "field_ids": list(FIELDS),
        "data_from": FROM,
        "data_to": TO,
        "salt": salt,
        **changes,
    }
    return ReleaseLine.objects.create(**columns)


def test_a_proper_release_may_be_written_in_sql_too() -> None:
    case = Case()
    consent = case.consented()
    line = forge_line(case, consent_version=consent.scope_version)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert ReleaseLine.objects.get(entry_id=line.entry_id)


def test_a_line_without_consent_is_refused() -> None:
    case = Case()
    with pytest.raises(IntegrityError, match="needs a consent"):
        forge_line(case)


def test_a_line_on_a_withdrawn_consent_is_refused() -> None:
    case = Case()
    consent = case.consented()
    version = consent.scope_version
    case.withdraw(consent)
    with pytest.raises(IntegrityError, match="not in force"):
        forge_line(case, consent_version=version)


def test_a_line_on_a_consent_that_begins_later_or_was_replaced_is_refused() -> None:
    case = Case()
    first = case.consented().scope_version
    later = case.consented(permission_from=provider_today() + timedelta(days=2)).scope_version
    for version in (first, later):
        with pytest.raises(IntegrityError, match="not in force"):
            forge_line(case, consent_version=version)


def test_a_line_on_another_customers_recipients_or_purposes_consent_is_refused() -> None:
    case, other = Case(), Case()
    for consent in (
        other.consented(),
        Case(account=case.account).consented(),
        case.consented(purpose=purpose("solar_quote")),
    ):
        with pytest.raises(IntegrityError, match="another customer, recipient or purpose"):
            forge_line(case, consent_version=consent.scope_version)


@pytest.mark.parametrize(
    "terms",
    [{"field_ids": ("usage.readings",)}, {"data_from": FROM + timedelta(days=1)}, {"data_to": TO - timedelta(days=1)}],
)
def test_a_line_beyond_its_consent_is_refused(terms: dict[str, Any]) -> None:
    case = Case()
    consent = case.consented(**terms)
    with pytest.raises(IntegrityError, match="beyond the consent"):
        forge_line(case, consent_version=consent.scope_version)


@pytest.mark.parametrize(
    "changes",
    [
        {"field_ids": [*FIELDS, "customer.email"]},
        {"field_ids": []},
        {"data_from": FROM - timedelta(days=1)},
        {"data_to": TO + timedelta(days=1)},
    ],
)
def test_a_line_beyond_its_release_is_refused(changes: dict[str, Any]) -> None:
    case = Case()
    consent = case.consented(field_ids=(*FIELDS, "customer.email"))
    with pytest.raises(IntegrityError, match="of its release"):
        forge_line(case, consent_version=consent.scope_version, **changes)


def test_a_line_names_accounts_of_its_customer_only() -> None:
    case = Case()
    consent = case.consented()
    for accounts in ([], [AccountFactory.create().pk], [0]):
        with pytest.raises(IntegrityError, match="accounts of its customer"):
            forge_line(case, consent_version=consent.scope_version, account_ids=accounts)


@pytest.mark.parametrize("changes", [{"salt": b"t" * 32}, {"entry_id": 1}])
def test_a_line_without_its_ledger_entry_is_refused(changes: dict[str, Any]) -> None:
    case = Case()
    consent = case.consented()
    with pytest.raises(IntegrityError, match="ledger entry"):
        forge_line(case, consent_version=consent.scope_version, **changes)


def test_a_release_without_its_ledger_entry_is_refused() -> None:
    with pytest.raises(IntegrityError, match="ledger entry"):
        forge_release(Case(), salt=b"t" * 32)


def test_nothing_is_back_dated() -> None:
    case = Case()
    consent = case.consented()
    yesterday = transaction_time() - timedelta(days=1)
    with pytest.raises(IntegrityError, match="when it is decided"):
        forge_release(case, decided_at=yesterday)
    with pytest.raises(DatabaseError):
        forge_line(case, consent_version=consent.scope_version, created_at=yesterday)


def test_a_release_to_a_stopped_recipient_is_refused() -> None:
    case = Case()
    case.consented()
    stop_recipient(recipient=case.recipient, reason="Data was passed on", by=case.by)
    with pytest.raises(IntegrityError, match="stopped"):
        forge_release(case)


def test_a_contractor_without_an_agreement_in_force_is_refused() -> None:
    case = Case(recipient=RecipientFactory.create())
    with pytest.raises(IntegrityError, match="agreement"):
        forge_release(case)
    agreement = RecipientAgreementFactory.create(recipient=case.recipient, valid_to=provider_today())
    with pytest.raises(IntegrityError, match="agreement"):
        forge_release(case)
    agreement.valid_to = None
    agreement.save()
    assert forge_line(case, consent_version=case.consented().scope_version)


@pytest.mark.parametrize(
    ("code", "kind", "changes", "violated"),
    [
        ("contractor_primary_purpose", "contractor", {}, "release_secondary_purpose_needs_consent"),
        ("contractor_primary_purpose", "court", {"primary": True}, "not for a recipient of this kind"),
        ("warrant_or_court_order", "court", {"primary": True}, "release_document_there"),
        ("subpoena_after_notice", "court", {"primary": True, "paper": True}, "release_notice_served"),
        ("subpoena_after_notice", "court", {"primary": True, "paper": True, "served": 3}, "time to contest"),
        ("warrant_or_court_order", "court", {"primary": True, "paper": True}, "rests on a legal demand"),
        ("aggregate", "contractor", {"primary": True}, "release_is_of_personal_data"),
        ("own_request", "contractor", {}, "release_names_recipient_and_purpose"),
    ],
)
def test_each_basis_holds_in_the_database(code: str, kind: str, changes: dict[str, Any], violated: str) -> None:
    case = Case(recipient=RecipientFactory.create(under_agreement=True, kind=kind))
    columns: dict[str, Any] = {}
    if "primary" in changes:
        columns |= {"purpose": purpose("legal_obligation"), "purpose_is_secondary": False}
    if "paper" in changes:
        columns["document"] = seal_bytes(b"%PDF", name="o.pdf", content_type="text/plain", retention_class="evidence")
    if "served" in changes:
        columns["notice_served_on"] = provider_today() - timedelta(days=changes["served"])
    with pytest.raises(IntegrityError, match=violated):
        forge_release(case, code, **columns)


@pytest.mark.parametrize(
    "lie",
    [
        {"requires_consent": False, "basis_kind": "contract"},
        {"requires_consent": False, "purpose_is_secondary": False},
        {"requires_agreement": True},
        {"purpose_is_secondary": False},
        {"notice_days": 1, "notice_served_on": provider_today},
    ],
)
def test_a_release_cannot_deny_what_its_basis_and_purpose_demand(lie: dict[str, Any]) -> None:
    values = {name: value() if callable(value) else value for name, value in lie.items()}
    with pytest.raises(IntegrityError):
        forge_release(Case(), **values)


def test_a_release_has_as_many_lines_as_it_says() -> None:
    case = Case()
    version = case.consented().scope_version

    @transaction.atomic
    def forge_half() -> None:
        forge_line(case, forge_release(case, line_count=2), consent_version=version)
        run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="as many lines"):
        forge_half()


def test_a_release_happens_once_per_submission() -> None:
    case, token = Case(), uuid4()
    forge_line(case, forge_release(case, request_uuid=token), consent_version=case.consented().scope_version)
    with pytest.raises(IntegrityError, match="release_once_per_request"):
        forge_release(case, request_uuid=token)


def test_there_is_no_basis_by_which_data_is_sold_and_none_can_be_added() -> None:
    assert not LegalBasis.objects.filter(code__contains="sale").exclude(code="merger_sale_financing").exists()
    copied = "kind, name_en, name_es, citation, jurisdiction, requires_consent, requires_agreement, requires_document"
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(
            f"INSERT INTO disclosures_legalbasis (code, {copied}, notice_days, recipient_kinds, data_classes)"  # noqa: S608
            f" SELECT 'sale', {copied}, 0, '{{}}', '{{}}' FROM disclosures_legalbasis WHERE code = 'emergency'"
        )


def test_a_basis_keeps_its_demands_but_its_citation_can_be_put_right() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("UPDATE disclosures_legalbasis SET requires_consent = false")
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("DELETE FROM disclosures_legalbasis")
    assert LegalBasis.objects.filter(code="emergency").update(citation="CPUC D.11-07-056, rule 4(d)") == 1


def _kept(case: Case) -> dict[str, str]:
    """Return a row of each append-only table, by table."""
    case.consented()
    release = case.released()
    with pytest.raises(ReleaseDenied):
        release_disclosure(request=case.request(purpose=purpose("research")), by=case.by)
    Delivery.objects.create(
        package=release.package,
        outcome="delivered",
        actor_kind="system",
        actor_name="test",
        **record(kind="delivery.made", subject_tag=bytes(16), evidence={}).columns(),
    )
    assert ReleaseDenial.objects.exists()
    return {
        "disclosures_release": "reason = ''",
        "disclosures_releaseline": "field_ids = '{}'",
        "disclosures_releasedenial": "reason = ''",
        "disclosures_delivery": "actor_name = ''",
    }


def test_what_happened_cannot_be_changed_or_removed() -> None:
    for table, change in _kept(Case()).items():
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
            with pytest.raises(DatabaseError, match=r"permission denied|append-only"):
                run(statement)


def _partition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM disclosures_releaseline LIMIT 1")
        (name,) = cursor.fetchone()
    return str(name)


def test_nobody_reaches_a_month_of_lines_beside_its_parent() -> None:
    case = Case()
    case.consented()
    case.released()
    month = _partition()
    for statement in (f"SELECT * FROM {month}", f"INSERT INTO {month} SELECT * FROM disclosures_releaseline"):  # noqa: S608
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(statement)


def test_every_month_of_lines_is_guarded_for_two_years_ahead() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT child.relname, child.relrowsecurity AND child.relforcerowsecurity,
                   array_agg(tgname::text ORDER BY tgname) FILTER (WHERE tgenabled = 'A')
            FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
            JOIN pg_trigger ON tgrelid = child.oid AND NOT tgisinternal OR tgrelid = child.oid AND tgparentid <> 0
            WHERE inhparent = 'disclosures_releaseline'::regclass
            GROUP BY 1, 2 ORDER BY 1
            """
        )
        months = cursor.fetchall()
    assert len(months) >= 24
    for name, is_forced, triggers in months:
        assert is_forced, name
        assert {"append_only_row", "append_only_truncate", "lawful_lines"} <= set(triggers), name


def test_months_are_made_again_without_harm(as_role: Connect) -> None:
    with as_role("worker") as worker:
        row = worker.execute("SELECT disclosures_ensure_months()").fetchone()
    assert row == (0,)
    with pytest.raises(ProgrammingError, match="permission denied"):
        run("SELECT disclosures_ensure_months()")


def _seen() -> dict[str, int]:
    models = (Release, ReleaseLine, ReleaseDenial, Package, Delivery)
    return {model.__name__: model.objects.count() for model in models}


def test_a_customer_sees_their_own_lines_and_through_them_the_releases() -> None:
    case, other = Case(), Case()
    for one in (case, other):
        _kept(one)
    with subject_rows(user_id=0, customers=[case.customer.pk], accounts=[case.account.pk]):
        assert _seen() == {"Release": 1, "ReleaseLine": 1, "ReleaseDenial": 0, "Package": 1, "Delivery": 1}
        assert ReleaseLine.objects.get().customer_id == case.customer.pk
    with subject_rows(user_id=0, customers=[CustomerFactory.create().pk]):
        assert not any(_seen().values())


def test_a_recipient_sees_the_releases_to_it_its_packages_and_its_deliveries() -> None:
    case, other = Case(), Case()
    for one in (case, other):
        _kept(one)
    with recipient_rows(case.recipient.pk):
        assert _seen() == {"Release": 1, "ReleaseLine": 0, "ReleaseDenial": 0, "Package": 1, "Delivery": 1}
        assert Release.objects.get().recipient_id == case.recipient.pk
    with recipient_rows(RecipientFactory.create().pk):
        assert not any(_seen().values())


def test_without_a_scope_nothing_is_seen() -> None:
    _kept(Case())
    with no_rows():
        assert not any(_seen().values())


def test_a_recipient_cannot_write_a_release_to_itself() -> None:
    case = Case()
    consent = case.consented()
    with recipient_rows(case.recipient.pk), pytest.raises(DatabaseError, match="row-level security"):
        forge_line(case, consent_version=consent.scope_version)
    release = case.released()
    with recipient_rows(case.recipient.pk), pytest.raises(DatabaseError, match="row-level security"):
        forge_line(case, release, consent_version=consent.scope_version)


def test_a_refused_delivery_names_a_reason_and_a_made_one_none() -> None:
    case = Case()
    case.consented()
    package = case.released().package
    witness = record(kind="delivery.made", subject_tag=bytes(16), evidence={})
    with pytest.raises(IntegrityError, match="delivery_refused_with_reasons"):
        run(
            "INSERT INTO disclosures_delivery (uuid, entry_id, salt, evidence, package_id, outcome, conditions,"
            " actor_kind, actor_name) VALUES (%s, %s, %s, %s, %s, 'refused', %s, 'x', 'x')",
            uuid4(),
            witness.entry_id,
            witness.salt,
            witness.evidence,
            package.pk,
            json.dumps([]),
        )
