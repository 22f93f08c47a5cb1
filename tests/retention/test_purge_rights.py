"""What the purge role may write, read from the catalogues, and that it suffices for what a purge does."""

from datetime import date

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import CustomerOpening
from accounts.services import open_customer
from ledger.actor import Actor
from portal import databases
from protection.rowsecurity import provider_rows
from retention.disposal.registry import Store, row_stores
from retention.disposal.rows import dispose_of_batch
from retention.models import PurgeItem
from retention.models.proposals import DECISION_COLUMNS
from retention.services import begin_purge, place_hold
from tests.conftest import ActAs
from tests.factories import AccountFactory, CustomerFactory, UserFactory
from tests.retention.factories import AS_OF, OPERATOR

MONTHS = {"energy_bill", "energy_dayreading"}
"""Tables of the months role, of which the purge is a member."""

MAY = {
    "INSERT": MONTHS
    | {
        "accounts_outboxmessage",  # to tell the provider's people how it went
        "ledger_entry",
        "portal_signoflife",
        "retention_certificate",
        "retention_heldbill",
        "retention_helddayreading",
        "retention_incident",
        "retention_monthtally",
        "retention_purgeitem",
        "retention_purgeplan",
        "retention_purgerun",
        "retention_tombstone",
        "retention_runorder",
    },
    "UPDATE": MONTHS
    | {
        "accounts_account",  # what says who a customer was, and where
        "accounts_customer",
        "accounts_user",
        "portal_signoflife",
        "protection_sealedfile",  # destroyed_at alone
        "retention_heldbill",
        "retention_helddayreading",
        "retention_incident",  # resolved_at alone
        "retention_legalhold",  # to lock the table; its trigger refuses every change of the purge's
        "retention_monthtally",
        "retention_purgeitem",
        "retention_purgeplan",  # the columns that say who approved it
        "retention_purgerun",  # the columns that say how far it is
        "retention_retentionrule",  # to lock a rule while an item is disposed of; its trigger refuses the rest
    },
    "DELETE": MONTHS
    | {
        "account_emailaddress",
        "account_emailconfirmation",
        "accounts_accountact",
        "accounts_agreementclause",
        "accounts_agreementending",
        "accounts_agentauthorization",
        "accounts_concealment",
        "accounts_confidentialityagreement",
        "accounts_customeropening",
        "accounts_dispute",
        "accounts_disputewithdrawal",
        "accounts_fieldconflict",
        "accounts_fieldsource",
        "accounts_guardianship",
        "accounts_member",
        "accounts_onwardrecipient",
        "accounts_outboxmessage",
        "accounts_recipient",
        "accounts_recipientagreement",
        "accounts_recipientcontact",
        "accounts_recipientincident",
        "accounts_recipientnotice",
        "accounts_recipientsite",
        "accounts_returncertificate",
        "accounts_valuereveal",
        "allauth_idp_oidc_token",
        "consent_bulkentry",
        "consent_bulkfinding",
        "consent_consent",
        "consent_consentversion",
        "consent_contactchoice",
        "consent_cookiechoice",
        "consent_noticedelivery",
        "consent_offer",
        "consent_offerdecline",
        "consent_privacysignal",
        "consent_projectrequest",
        "consent_requestmatch",
        "consent_requestupload",
        "consent_receipt",
        "consent_reminder",
        "consent_servednotice",
        "consent_visitcount",
        "consent_webhookdelivery",
        "disclosures_correctionnotice",
        "disclosures_correctionreceipt",
        "disclosures_breach",
        "disclosures_breachcustomer",
        "disclosures_breachstep",
        "disclosures_delivery",
        "disclosures_demandevent",
        "disclosures_demandsubject",
        "disclosures_feedline",
        "disclosures_feedstep",
        "disclosures_historyexport",
        "disclosures_savedsearch",
        "disclosures_historyexportfile",
        "disclosures_mergernotice",
        "disclosures_mergernoticeserved",
        "disclosures_legaldemand",
        "disclosures_nondisclosureorder",
        "disclosures_package",
        "disclosures_packagefile",
        "disclosures_recipientpolicy",
        "disclosures_release",
        "disclosures_releasedenial",
        "disclosures_releaseexclusion",
        "disclosures_releaseline",
        "disclosures_releaseproposal",
        "disclosures_standingfeed",
        "django_session",
        "energy_importfinding",
        "energy_importrun",
        "energy_readingoverride",
        "energy_receipt",
        "energy_series",
        "energy_usagepoint",
        "mfa_authenticator",
        "retention_heldbill",
        "retention_helddayreading",
        "retention_monthtally",
        "rights_caseevent",
        "rights_correction",
        "rights_rightsrequest",
        "usersessions_usersession",
    },
}
BLANKED = {"accounts_account", "accounts_customer", "accounts_user"}
"""Tables of which the purge blanks columns and deletes no row."""

ALLOWED = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
      AND (has_table_privilege(%(role)s, oid, %(right)s)
           OR (%(right)s <> 'DELETE' AND has_any_column_privilege(%(role)s, oid, %(right)s)))
"""


@pytest.mark.django_db
@pytest.mark.parametrize("right", MAY)
def test_the_purge_may_write_these_tables_and_no_other(right: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALLOWED, {"role": databases.role("purge"), "right": right})
        assert {name for (name,) in cursor.fetchall()} == MAY[right]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("protection_sealedfile", {"destroyed_at"}),
        (
            "accounts_account",
            {
                "climate_zone",
                "number",
                "service_city",
                "service_postal_code",
                "service_region",
                "service_street",
            },
        ),
        ("accounts_user", {"email", "is_active", "language", "last_login", "name", "password"}),
        ("retention_incident", {"resolved_at"}),
        ("retention_purgerun", {"status", "started_at", "finished_at", "progress", "stopped_because"}),
        ("retention_purgeplan", set(DECISION_COLUMNS)),
        ("retention_retentionrule", {"id"}),
    ],
)
def test_the_purge_may_update_these_columns_and_no_other(table: str, columns: set[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND has_column_privilege(%s, attrelid, attnum, 'UPDATE')",
            [table, databases.role("purge")],
        )
        assert {name for (name,) in cursor.fetchall()} == columns


@pytest.mark.django_db
@pytest.mark.parametrize("store", row_stores(), ids=lambda store: store.name)
def test_the_purge_may_dispose_of_every_store_of_rows(store: Store) -> None:
    deletes = store.action == PurgeItem.Action.DELETE_ROWS
    tables = {model._meta.db_table for model in store.models}
    assert tables <= (MAY["DELETE"] | BLANKED if deletes else MAY["UPDATE"] | MAY["DELETE"])


def test_the_purge_deletes_from_an_append_only_access_log(committed_database: str, acting_as: ActAs) -> None:
    with provider_rows():
        staff = UserFactory.create(staff=True, bound=True)
        open_customer(customer=CustomerFactory.create(), reason="A question by telephone", by=Actor.of(staff))
    with acting_as("purge"), transaction.atomic():
        item = PurgeItem.objects.create(
            run=begin_purge(by=OPERATOR, as_of=AS_OF),
            position=1_000,
            retention_class="access_log",
            action=PurgeItem.Action.DELETE_ROWS,
            partition=CustomerOpening._meta.db_table,
            before=date(2100, 1, 1),
            planned_total=1,
            planned_held=0,
        )
        step = dispose_of_batch(item)
    assert (step.dropped, step.is_last) == (1, True)
    with provider_rows():
        assert not CustomerOpening.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_legalhold SET released_at = now(), released_by_name = 'x', release_reason = 'x'",
        "UPDATE retention_legalhold SET data_to = '2001-01-01'",
        "UPDATE accounts_user SET password = 'known', is_active = true",
        "UPDATE accounts_user SET password = '!', is_active = false WHERE role = 'administrator'",
        "UPDATE accounts_customer SET name = 'Somebody else'",
        "UPDATE accounts_account SET number = 'another'",
    ],
)
def test_the_purge_ends_no_hold_and_takes_over_no_user(
    committed_database: str, acting_as: ActAs, statement: str
) -> None:
    with provider_rows():
        UserFactory.create(administrator=True)
        customer = AccountFactory.create().customer
        place_hold(customer=customer, reason="A case", citation="A law", origin="rights.Correction:1", by=OPERATOR)
    refused = pytest.raises(ProgrammingError, match="the purge")
    with acting_as("purge"), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
