from django.db import migrations, models

INDEX = models.Index(
    fields=["authorization"], condition=models.Q(authorization__isnull=False), name="consentversion_by_agent"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0025_notice_deliveries")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("consentversion", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_agent"
                    " ON consent_consentversion (authorization_id) WHERE authorization_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_agent;",
                )
            ],
        )
    ]
