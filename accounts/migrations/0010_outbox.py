"""The outbox, and what only the database can hold of it: plain contexts, frozen requests, final outcomes."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from protection.operations import GrantPurgeDelete, RowSecurity, role, roles

# A text with a blank or an @ could be somebody's name, address or words; keep this as accounts.services.outbox has it.
PLAIN = r"""
ALTER TABLE accounts_outboxmessage
    ADD CONSTRAINT outbox_context_is_plain CHECK (
        jsonb_typeof(context) = 'object'
        AND NOT jsonb_path_exists(
            context,
            '$.**?(@.type() == "string" && !(@ like_regex "^[A-Za-z0-9._:/+-]{0,200}$"))'
        )
    ),
    ADD CONSTRAINT outbox_template_is_a_name CHECK (template ~ '^[a-z][a-z0-9_]*$');
"""
DROP_PLAIN = """
ALTER TABLE accounts_outboxmessage
    DROP CONSTRAINT outbox_template_is_a_name,
    DROP CONSTRAINT outbox_context_is_plain;
"""

GUARD = """
CREATE FUNCTION accounts_guard_outbox() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.uuid, NEW.addressee, NEW.customer_id, NEW.user_id, NEW.recipient_id, NEW.topic, NEW.template,
        NEW.context, NEW.dedup_key, NEW.posted_by_id, NEW.poster_kind, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.uuid, OLD.addressee, OLD.customer_id, OLD.user_id, OLD.recipient_id, OLD.topic, OLD.template,
        OLD.context, OLD.dedup_key, OLD.posted_by_id, OLD.poster_kind, OLD.created_at) THEN
        RAISE EXCEPTION 'what a message says and to whom is written once' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Post a new message.';
    END IF;
    IF OLD.status IN ('sent', 'suppressed') THEN
        RAISE EXCEPTION 'what became of a message is final' USING ERRCODE = 'insufficient_privilege',
            HINT = 'Post a new message.';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_message BEFORE UPDATE ON accounts_outboxmessage
    FOR EACH ROW EXECUTE FUNCTION accounts_guard_outbox();
ALTER TABLE accounts_outboxmessage ENABLE ALWAYS TRIGGER guard_message;
"""
DROP_GUARD = """
DROP TRIGGER guard_message ON accounts_outboxmessage;
DROP FUNCTION accounts_guard_outbox();
"""

GRANTS = f"""
REVOKE ALL ON FUNCTION accounts_guard_outbox() FROM PUBLIC;
REVOKE DELETE, TRUNCATE ON accounts_outboxmessage FROM {roles("web", "worker")};
GRANT INSERT ON accounts_outboxmessage TO {role("purge")};
"""
RESTORE = f"""
GRANT DELETE ON accounts_outboxmessage TO {roles("web", "worker")};
REVOKE INSERT ON accounts_outboxmessage FROM {role("purge")};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_act_rules"),
        ("protection", "0002_scope_and_append_only"),
        ("retention", "0008_purge_grants"),  # takes from the purge what is not granted; a purge posts alerts
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "addressee",
                    models.CharField(
                        choices=[
                            ("customer", "Customer"),
                            ("user", "User"),
                            ("recipient", "Organization"),
                            ("provider", "Privacy contact"),
                        ],
                        max_length=10,
                    ),
                ),
                ("topic", models.CharField(max_length=40)),
                ("template", models.CharField(max_length=80)),
                ("context", models.JSONField(default=dict)),
                ("dedup_key", models.CharField(blank=True, max_length=200)),
                ("poster_kind", models.CharField(max_length=20)),
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
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
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
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=5)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("outcome", models.CharField(blank=True, max_length=200)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="accounts.customer",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="accounts.recipient",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbox_messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("status", "pending")), fields=["due_at", "id"], name="outbox_due"),
                    models.Index(
                        condition=models.Q(("status", "at_desk")), fields=["channel", "id"], name="outbox_at_desk"
                    ),
                    models.Index(fields=["customer", "-created_at"], name="outbox_by_customer"),
                    models.Index(fields=["created_at"], name="outbox_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("addressee", "customer"),
                                ("customer__isnull", False),
                                ("recipient__isnull", True),
                                ("user__isnull", True),
                            ),
                            models.Q(
                                ("addressee", "user"),
                                ("customer__isnull", True),
                                ("recipient__isnull", True),
                                ("user__isnull", False),
                            ),
                            models.Q(
                                ("addressee", "recipient"),
                                ("customer__isnull", True),
                                ("recipient__isnull", False),
                                ("user__isnull", True),
                            ),
                            models.Q(
                                ("addressee", "provider"),
                                ("customer__isnull", True),
                                ("recipient__isnull", True),
                                ("user__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="outbox_one_addressee",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("dedup_key", ""), _negated=True),
                        fields=("dedup_key",),
                        name="outbox_once_a_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "at_desk", "sent", "suppressed", "failed"])),
                        name="outbox_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["", "email", "text", "post", "telephone"])),
                        name="outbox_channel_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("status__in", ["pending", "at_desk"])),
                            models.Q(("settled_at__isnull", False), ("status__in", ["sent", "suppressed", "failed"])),
                            _connector="OR",
                        ),
                        name="outbox_settled_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["at_desk", "sent"]), _negated=True),
                            models.Q(
                                models.Q(("channel", ""), _negated=True), models.Q(("language", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="outbox_sent_by_a_channel",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["suppressed", "failed"]), _negated=True),
                            models.Q(("outcome", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="outbox_says_why_not",
                    ),
                ],
            },
        ),
        migrations.RunSQL(PLAIN, DROP_PLAIN),
        migrations.RunSQL(GUARD, DROP_GUARD),
        migrations.RunSQL(GRANTS, RESTORE),
        GrantPurgeDelete("accounts_outboxmessage"),
        RowSecurity(
            "accounts_outboxmessage",
            customer="customer_id",
            using="user_id = (SELECT rg_user()) OR recipient_id = (SELECT rg_recipient())",
            check="false",
        ),
    ]
