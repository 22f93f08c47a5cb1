"""An index on a clock by which a purge asks whether anything is past its time."""

from django.db import migrations, models

INDEX = models.Index(fields=["created_at"], name="act_of_no_customer_by_age", condition=models.Q(customer__isnull=True))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0020_customers_by_email")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("accountact", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS act_of_no_customer_by_age"
                    " ON accounts_accountact (created_at) WHERE customer_id IS NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS act_of_no_customer_by_age;",
                )
            ],
        )
    ]
