"""To whom which privacy notice was to be sent, what became of it, and the rounds in which all customers are sent it."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import GrantPurgeDelete, RowSecurity, roles

FOLLOW = """
CREATE FUNCTION consent_follow_delivery() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE consent_noticedelivery
    SET status = NEW.status, channel = NEW.channel, language = NEW.language, settled_at = NEW.settled_at
    WHERE message = NEW.uuid;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION consent_follow_delivery() FROM PUBLIC;
CREATE TRIGGER follow_delivery AFTER UPDATE OF status ON accounts_outboxmessage
    FOR EACH ROW WHEN (NEW.template = 'privacy_notice') EXECUTE FUNCTION consent_follow_delivery();
ALTER TABLE accounts_outboxmessage ENABLE ALWAYS TRIGGER follow_delivery;
"""
UNFOLLOW = """
DROP TRIGGER follow_delivery ON accounts_outboxmessage;
DROP FUNCTION consent_follow_delivery();
"""
RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON consent_noticedelivery FROM {roles("web", "worker", "purge")};
REVOKE DELETE, TRUNCATE ON consent_noticerun FROM {roles("web", "worker", "purge")};
"""
UNRIGHTS = f"GRANT UPDATE, DELETE ON consent_noticedelivery TO {roles('web', 'worker')};"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_proofs_of_members"),
        ("consent", "0024_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeDelivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("opened", "Account opened"),
                            ("yearly", "Once a year"),
                            ("changed", "The notice changed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("message", models.UUIDField(unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "To be sent"),
                            ("at_desk", "Waiting at the desk"),
                            ("sent", "Sent"),
                            ("suppressed", "Not sent"),
                            ("failed", "Failed"),
                        ],
                        db_default="pending",
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("email", "E-mail"),
                            ("text", "Text message"),
                            ("post", "Post"),
                            ("telephone", "Telephone"),
                        ],
                        db_default="",
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(blank=True, db_default="", max_length=5)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notice_deliveries",
                        to="accounts.customer",
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="consent.notice"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "-created_at"], name="noticedelivery_by_customer"),
                    models.Index(fields=["-created_at", "-id"], name="noticedelivery_by_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "key"), name="noticedelivery_once_a_key"),
                    models.CheckConstraint(
                        condition=models.Q(("occasion__in", ["opened", "yearly", "changed"])),
                        name="noticedelivery_occasion_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("key", models.CharField(max_length=40, unique=True)),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("opened", "Account opened"),
                            ("yearly", "Once a year"),
                            ("changed", "The notice changed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("total", models.PositiveBigIntegerField()),
                ("done", models.PositiveBigIntegerField(default=0)),
                ("asked", models.PositiveBigIntegerField(default=0)),
                ("last_customer_id", models.PositiveBigIntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("moved_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="consent.notice"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("occasion__in", ["yearly", "changed"])), name="noticerun_occasion_known"
                    )
                ],
            },
        ),
        RowSecurity("consent_noticedelivery", customer="customer_id", check="false"),
        migrations.RunSQL(RIGHTS, UNRIGHTS),
        GrantPurgeDelete("consent_noticedelivery"),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
    ]
