"""A proposal is carried out once."""

from django.db import migrations

UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS release_once_per_proposal ON disclosures_release (proposal_id)"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0009_cohorts_and_proposals")]
    operations = [migrations.RunSQL(UNIQUE, "DROP INDEX CONCURRENTLY IF EXISTS release_once_per_proposal")]
