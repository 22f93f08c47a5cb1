"""By which a paper is found again, and a consent by its last day."""

from django.db import migrations, models
from django.db.models import Q

SCANS = models.Index(fields=["scan_sha256"], condition=~Q(scan_sha256=""), name="consentversion_by_scan")
ENDS = models.Index(
    fields=["permission_to", "id"], condition=Q(permission_to__isnull=False), name="consentversion_by_end"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0016_bulk_entries")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddIndex("consentversion", SCANS),
                migrations.AddIndex("consentversion", ENDS),
            ],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_scan"
                    " ON consent_consentversion (scan_sha256) WHERE scan_sha256 <> '';",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_scan;",
                ),
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_end"
                    " ON consent_consentversion (permission_to, id) WHERE permission_to IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_end;",
                ),
            ],
        )
    ]
