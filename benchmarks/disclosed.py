"""A world of disclosures for the benchmarks: customers with an account each, releases, and a line for every pair."""

from accounts.models import Customer
from disclosures.models import Release
from ledger.services import commitment_of
from portal import databases
from protection.rowsecurity import provider_rows
from tests.disclosures.factories import Case

_CUSTOMERS = """
WITH customer AS (
    INSERT INTO accounts_customer (uuid, key_id, tag, kind, name, email, phone, mailing_street, mailing_city,
        mailing_region, mailing_postal_code, language, tax_id, bank_account)
    SELECT gen_random_uuid(), gen_random_uuid(), uuid_send(gen_random_uuid()), 'person', 'Alex Sample ' || number, '',
        '', '', '', '', '', 'en', '', '' FROM generate_series(1, %(count)s) number
    RETURNING id
)
INSERT INTO accounts_account (uuid, number, customer_id, service_street, service_city, service_region,
    service_postal_code, customer_class, climate_zone, opened_on)
SELECT gen_random_uuid(), 'L' || id, id, '1 Example Street', 'Valle Claro', 'CA', '90000', 'residential', 'lines',
    '2015-01-01' FROM customer
"""
_LINES = """
WITH share AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('ledger_entry', 'id')) AS entry_id, account.id AS account_id,
           account.customer_id, customer.tag, sha256(uuid_send(gen_random_uuid())) AS salt
    FROM accounts_account account JOIN accounts_customer customer ON customer.id = account.customer_id
    WHERE account.climate_zone = 'lines'
), entry AS (
    INSERT INTO ledger_entry (id, kind, subject_tag, commitment)
    SELECT entry_id, 'release.line', tag, sha256(salt || %(made)s || tag) FROM share
)
INSERT INTO disclosures_releaseline (entry_id, release_id, customer_id, consent_version_id, account_ids,
                                     usage_point_ids, field_ids, data_from, data_to, salt)
SELECT share.entry_id, line.release_id, share.customer_id, line.consent_version_id, ARRAY[share.account_id],
       '{}', line.field_ids, line.data_from, line.data_to, share.salt
FROM share CROSS JOIN (SELECT * FROM disclosures_releaseline WHERE release_id = %(release)s LIMIT 1) line
"""
_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'disclosures_releaseline'::regclass"


def releases_on_consent(count: int) -> list[Release]:
    """Return releases that the gate allowed, of one customer each."""
    with provider_rows():
        case = Case()
        case.consented()
        return [case.released() for _ in range(count)]


def fill_lines(releases: list[Release], customers: int) -> None:
    """Make customers, and give each a line with its ledger entry in every release, as the owner may."""
    with databases.login("deploy").connect(autocommit=True) as owner:
        owner.execute(_CUSTOMERS, {"count": customers})
        with lines_unguarded(owner):
            for release in releases:
                made = commitment_of(bytes(release.salt), bytes(release.evidence))
                owner.execute(_LINES, {"made": made, "release": release.pk})
        owner.execute("VACUUM ANALYZE disclosures_releaseline, ledger_entry, accounts_customer, accounts_account")


class lines_unguarded:  # noqa: N801 (reads as a verb in a with statement)
    """Set the triggers aside that judge lines while a table fills."""

    def __init__(self, owner: databases.Connection) -> None:
        self._owner = owner

    def __enter__(self) -> None:
        self._owner.execute("ALTER TABLE disclosures_releaseline DISABLE TRIGGER USER")

    def __exit__(self, *_error: object) -> None:
        for (trigger,) in self._owner.execute(_TRIGGERS).fetchall():
            self._owner.execute(f'ALTER TABLE disclosures_releaseline ENABLE ALWAYS TRIGGER "{trigger}"')


def a_customer_of(release: Release) -> Customer:
    """Return the customer of a release's first line."""
    with provider_rows():
        line = release.lines.select_related("customer").order_by("entry_id")[0]
        return line.customer
