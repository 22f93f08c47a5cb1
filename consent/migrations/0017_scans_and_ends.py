"""By which a paper is found again; the ends of consents get theirs in 0027."""

from django.db import migrations, models

INDEX = models.Index(fields=["scan_sha256"], condition=~models.Q(scan_sha256=""), name="consentversion_by_scan")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0016_bulk_entries")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("consentversion", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_scan"
                    " ON consent_consentversion (scan_sha256) WHERE scan_sha256 <> '';",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_scan;",
                )
            ],
        )
    ]
