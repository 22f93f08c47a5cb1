from django.db import migrations, models

INDEX = models.Index(
    fields=["guardianship"], condition=models.Q(guardianship__isnull=False), name="consentversion_by_guardianship"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0011_proofs_of_acts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("consentversion", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS consentversion_by_guardianship"
                    " ON consent_consentversion (guardianship_id) WHERE guardianship_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS consentversion_by_guardianship;",
                )
            ],
        )
    ]
