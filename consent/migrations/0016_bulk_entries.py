"""Tables of consents that the desk records many at once, and by which a paper is found again."""

import uuid

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT, F, Q

from protection.operations import RowSecurity, role, roles

RIGHTS = f"""
REVOKE DELETE, TRUNCATE ON consent_bulkentry FROM {roles("web", "worker")};
GRANT DELETE ON consent_bulkentry, consent_bulkfinding TO {role("purge")};
"""
UNRIGHTS = f"""
GRANT INSERT, UPDATE, DELETE ON consent_bulkentry, consent_bulkfinding TO {roles("web", "worker")};
"""
STATUSES = [
    ("checking", "Being checked"),
    ("checked", "Checked"),
    ("recording", "Being recorded"),
    ("finished", "Recorded"),
    ("failed", "Refused"),
    ("discarded", "Discarded"),
]
NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_purge_clock_of_reveals"),
        ("consent", "0015_notice_rules"),
        ("protection", "0006_search_path"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="consentversion",
            name="scan_sha256",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name="BulkEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("table", models.ForeignKey(on_delete=PROTECT, related_name="+", to="protection.sealedfile")),
                (
                    "scans",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="protection.sealedfile"),
                ),
                ("status", models.CharField(choices=STATUSES, default="checking", max_length=10)),
                ("takes_clean_rows", models.BooleanField(default=False)),
                ("row_count", models.PositiveIntegerField(default=0)),
                ("clean_count", models.PositiveIntegerField(default=0)),
                ("recorded_count", models.PositiveIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("message", models.TextField(blank=True)),
                ("language", models.CharField(max_length=5)),
                ("created_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("created_at", models.DateTimeField(db_default=NOW, editable=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(status__in=["checking", "checked", "recording"], finished_at__isnull=True)
                        | Q(status__in=["finished", "failed", "discarded"], finished_at__isnull=False),
                        name="bulkentry_finished_at",
                    ),
                    models.CheckConstraint(
                        condition=Q(clean_count__lte=F("row_count"), recorded_count__lte=F("row_count")),
                        name="bulkentry_counts_its_rows",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["-created_at"], name="bulkentry_by_age"),
                    models.Index(fields=["created_at"], condition=Q(finished_at__isnull=True), name="bulkentry_open"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkFinding",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.ForeignKey(on_delete=CASCADE, related_name="findings", to="consent.bulkentry")),
                ("line", models.PositiveIntegerField()),
                ("column", models.CharField(blank=True, max_length=40)),
                ("message", models.TextField()),
            ],
            options={"indexes": [models.Index(fields=["entry", "line", "id"], name="bulkfinding_by_line")]},
        ),
        RowSecurity("consent_bulkentry", using="false"),
        RowSecurity("consent_bulkfinding", using="false"),
        migrations.RunSQL(RIGHTS, UNRIGHTS),
    ]
