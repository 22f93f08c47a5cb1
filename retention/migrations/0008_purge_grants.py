"""Let the purge role write what a purge writes, and nothing else; it goes on reading every table.

A table that a later migration adds is read-only to the purge unless that migration grants more.
"""

from django.db import migrations

from protection.operations import role

PURGE = role("purge")

GRANTS = {
    "ledger_entry": "INSERT",
    "protection_sealedfile": "UPDATE (destroyed_at)",
    "retention_certificate": "INSERT",
    "retention_heldbill": "INSERT, UPDATE",
    "retention_helddayreading": "INSERT, UPDATE",
    # Nothing is updated here; PostgreSQL asks for it to LOCK the table, and the trigger write_once refuses the rest.
    "retention_legalhold": "UPDATE",
    "retention_monthtally": "INSERT",
    "retention_purgeitem": "INSERT, UPDATE",
    "retention_purgerun": "INSERT, UPDATE (status, started_at, finished_at, progress)",
}


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0007_holds_on_everybody"),
        ("accounts", "0007_reach_search_path"),
        ("energy", "0005_schema_of_months"),
        ("ledger", "0003_entries_as_they_come"),
        ("protection", "0003_sealed_file_stays"),
    ]
    operations = [
        migrations.RunSQL(f"REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA public FROM {PURGE}", migrations.RunSQL.noop),
        *(
            migrations.RunSQL(f"GRANT {rights} ON {table} TO {PURGE}", f"REVOKE {rights} ON {table} FROM {PURGE}")
            for table, rights in GRANTS.items()
        ),
    ]
