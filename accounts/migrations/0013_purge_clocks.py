"""An index on a clock by which a purge reads this table."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="opening_by_age")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0012_forgotten_customers_are_blank")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("customeropening", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS opening_by_age ON accounts_customeropening (created_at);",
                    "DROP INDEX CONCURRENTLY IF EXISTS opening_by_age;",
                )
            ],
        )
    ]
