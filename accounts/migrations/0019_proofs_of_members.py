from django.db import migrations, models

INDEX = models.Index(
    fields=["guardianship"], condition=models.Q(guardianship__isnull=False), name="member_by_guardianship"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0018_who_may_act")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AddIndex("member", INDEX)],
            database_operations=[
                migrations.RunSQL(
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS member_by_guardianship"
                    " ON accounts_member (guardianship_id) WHERE guardianship_id IS NOT NULL;",
                    "DROP INDEX CONCURRENTLY IF EXISTS member_by_guardianship;",
                )
            ],
        )
    ]
