from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0018_who_may_act")]
    operations = [
        AddIndexConcurrently(
            "member",
            models.Index(
                fields=["guardianship"],
                condition=models.Q(guardianship__isnull=False),
                name="member_by_guardianship",
            ),
        ),
        AddIndexConcurrently(
            "member",
            models.Index(
                fields=["authorization"],
                condition=models.Q(authorization__isnull=False),
                name="member_by_authorization",
            ),
        ),
    ]
