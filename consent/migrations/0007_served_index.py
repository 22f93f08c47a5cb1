from django.db import migrations, models

INDEX = models.Index(fields=["served_notice"], name="consentversion_by_served")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0006_served_notices_and_receipts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("consentversion", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_served"
                    " ON consent_consentversion (served_notice_id);",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_served;",
                )
            ],
        )
    ]
