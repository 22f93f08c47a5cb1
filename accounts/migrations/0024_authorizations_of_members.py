from django.db import migrations, models

INDEX = models.Index(
    fields=["authorization"], condition=models.Q(authorization__isnull=False), name="member_by_authorization"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0023_concealment_rules")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("member", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS member_by_authorization"
                    " ON accounts_member (authorization_id) WHERE authorization_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS member_by_authorization;",
                )
            ],
        )
    ]
