import uuid

import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import role
from retention.operations import WriteOnce


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0009_proposals"),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("text", models.CharField(max_length=1000)),
                (
                    "opened_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("resolved_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("told_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("resolution_told_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-opened_at"], name="incident_newest_first")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("kind", "subject"),
                        name="incident_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__regex", "^[a-z_]+$"), models.Q(("text", ""), _negated=True)),
                        name="incident_says_what",
                        violation_error_message="Say what happened, and of which kind it is.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolved_at__isnull", True), ("resolved_at__gte", models.F("opened_at")), _connector="OR"
                        ),
                        name="incident_period_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("resolution_told_at__isnull", True),
                            models.Q(("resolved_at__isnull", False), ("told_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="incident_end_told_after_beginning",
                    ),
                ],
            },
        ),
        WriteOnce("retention_incident", closing=("resolved_at", "told_at", "resolution_told_at")),
        migrations.RunSQL(
            f"GRANT INSERT, UPDATE (resolved_at) ON retention_incident TO {role('purge')}", migrations.RunSQL.noop
        ),
    ]
