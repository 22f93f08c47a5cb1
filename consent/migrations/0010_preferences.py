"""What customers choose about messages and cookies, and counts of visits that name nobody."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, roles

OWN = "user_id = (SELECT rg_user())"

SHAPES = """
ALTER TABLE consent_contactchoice ADD CONSTRAINT contact_choice_is_a_table CHECK (
    jsonb_typeof(channels) = 'object' AND jsonb_typeof(refused) = 'array'
    AND NOT jsonb_path_exists(channels, 'strict $.* ? (@.type() != "array")', silent => true)
    AND NOT jsonb_path_exists(
        channels, '$.*[*] ? (!(@ == "email" || @ == "text" || @ == "post" || @ == "telephone"))'
    )
);
ALTER TABLE consent_visitcount ADD CONSTRAINT visit_hour_is_whole
    CHECK (extract(epoch FROM hour) % 3600 = 0);
"""
DROP_SHAPES = """
ALTER TABLE consent_visitcount DROP CONSTRAINT visit_hour_is_whole;
ALTER TABLE consent_contactchoice DROP CONSTRAINT contact_choice_is_a_table;
"""
GRANTS = f"REVOKE DELETE, TRUNCATE ON consent_visitcount FROM {roles('web', 'worker')};"
RESTORE = f"GRANT DELETE ON consent_visitcount TO {roles('web', 'worker')};"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_outbox"),
        ("consent", "0009_served_valid"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                ("kind", models.CharField(choices=[("page", "Page"), ("document", "Document")], max_length=10)),
                ("page", models.CharField(max_length=80)),
                (
                    "browser",
                    models.CharField(
                        choices=[
                            ("chrome", "Chrome"),
                            ("edge", "Edge"),
                            ("firefox", "Firefox"),
                            ("opera", "Opera"),
                            ("safari", "Safari"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("views", models.PositiveBigIntegerField()),
                ("visits", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "kind", "page", "browser"), name="visit_count_once_an_hour"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["page", "document"])), name="visit_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("browser__in", ["chrome", "edge", "firefox", "opera", "safari", "other"])),
                        name="visit_browser_is_a_family",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("page__regex", "^[a-z_]+(:[a-z_]+)*$")), name="visit_page_is_a_route"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactChoice",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveIntegerField()),
                ("channels", models.JSONField()),
                ("refused", models.JSONField(default=list)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("portal", "On the website, signed in"),
                            ("link", "By the link in a message"),
                            ("telephone", "By telephone"),
                            ("in_person", "In person"),
                            ("letter", "By letter"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("actor_kind", models.CharField(max_length=20)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_choices",
                        to="accounts.customer",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="consent.notice"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "number"), name="contact_choice_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="contact_choice_numbered_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("method__in", ["portal", "link", "telephone", "in_person", "letter"])),
                        name="contact_choice_method_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("method__in", ["portal", "link"]),
                            models.Q(models.Q(("reason", ""), _negated=True), ("recorded_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="contact_choice_told_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("method", "portal"), _negated=True),
                            ("recorded_by__isnull", False),
                            _connector="OR",
                        ),
                        name="contact_choice_signed_in_by_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CookieChoice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                ("statement_version", models.PositiveSmallIntegerField()),
                (
                    "method",
                    models.CharField(
                        choices=[("banner", "On the banner"), ("page", "On the page about cookies")], max_length=10
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cookie_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-id"], name="cookie_choice_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("method__in", ["banner", "page"])), name="cookie_choice_method_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purposes__contained_by", ["statistics"])),
                        name="cookie_choice_purposes_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrivacySignal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("has_gpc", models.BooleanField()),
                ("has_dnt", models.BooleanField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="privacy_signals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-id"], name="privacy_signal_by_user")],
            },
        ),
        migrations.RunSQL(SHAPES, DROP_SHAPES),
        migrations.RunSQL(GRANTS, RESTORE),
        AppendOnly("consent_contactchoice", purge_may_delete=True),
        AppendOnly("consent_cookiechoice", purge_may_delete=True),
        AppendOnly("consent_privacysignal", purge_may_delete=True),
        GrantPurgeDelete("consent_visitcount"),
        RowSecurity("consent_contactchoice", customer="customer_id"),
        RowSecurity("consent_cookiechoice", using=OWN),
        RowSecurity("consent_privacysignal", using=OWN),
    ]
