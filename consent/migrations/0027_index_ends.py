"""By which a consent is found by its last day."""

from django.db import migrations, models

INDEX = models.Index(
    fields=["permission_to", "id"], condition=models.Q(permission_to__isnull=False), name="consentversion_by_end"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0026_index_acts_of_agents")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("consentversion", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_end"
                    " ON consent_consentversion (permission_to, id) WHERE permission_to IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_end;",
                )
            ],
        )
    ]
