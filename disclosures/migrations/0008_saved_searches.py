import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from protection.operations import GrantPurgeDelete, RowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0007_purge_clocks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("parameters", models.JSONField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved searches",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "name"),
                        name="search_once_a_name",
                        violation_error_message="You have a search of this name. Choose another name.",
                    ),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="search_has_a_name"),
                ],
            },
        ),
        RowSecurity("disclosures_savedsearch", using="false"),
        GrantPurgeDelete("disclosures_savedsearch"),
    ]
