from django.db import migrations, models
from django.db.models.functions import Upper

INDEX = models.Index(Upper("email"), condition=~models.Q(email=""), name="customer_by_email")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0019_proofs_of_members")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("customer", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS customer_by_email"
                    " ON accounts_customer (upper(email)) WHERE NOT (email = '' AND email IS NOT NULL);",
                    "DROP INDEX CONCURRENTLY IF EXISTS customer_by_email;",
                )
            ],
        )
    ]
