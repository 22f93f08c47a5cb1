"""Endpoints of organizations' systems, and what they are told: written by trigger with each act on a consent."""

import uuid

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT, Q

import protection.fields
from protection.operations import RowSecurity, role, roles

NOW = django.db.models.functions.datetime.Now()
POST = """
CREATE FUNCTION consent_post_webhooks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO consent_webhookdelivery (uuid, endpoint_id, recipient_id, version_id, kind)
    SELECT gen_random_uuid(), endpoint.id, endpoint.recipient_id, added.id,
        CASE added.kind WHEN 'grant' THEN 'consent.granted' WHEN 'narrow' THEN 'consent.changed'
                        WHEN 'withdraw' THEN 'consent.withdrawn' ELSE 'consent.expired' END
    FROM added JOIN consent_webhookendpoint endpoint
        ON endpoint.recipient_id = added.recipient_id AND endpoint.retired_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION consent_post_webhooks() FROM PUBLIC;
CREATE TRIGGER post_webhooks AFTER INSERT ON consent_consentversion REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION consent_post_webhooks();
ALTER TABLE consent_consentversion ENABLE ALWAYS TRIGGER post_webhooks;

CREATE FUNCTION consent_keep_webhook() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.uuid, NEW.endpoint_id, NEW.recipient_id, NEW.version_id, NEW.kind, NEW.created_at)
       IS DISTINCT FROM (OLD.uuid, OLD.endpoint_id, OLD.recipient_id, OLD.version_id, OLD.kind, OLD.created_at) THEN
        RAISE EXCEPTION 'what a system is told of is not changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_webhook BEFORE UPDATE ON consent_webhookdelivery
    FOR EACH ROW EXECUTE FUNCTION consent_keep_webhook();
ALTER TABLE consent_webhookdelivery ENABLE ALWAYS TRIGGER keep_webhook;
"""
UNPOST = """
DROP TRIGGER keep_webhook ON consent_webhookdelivery;
DROP FUNCTION consent_keep_webhook();
DROP TRIGGER post_webhooks ON consent_consentversion;
DROP FUNCTION consent_post_webhooks();
"""
RIGHTS = f"""
REVOKE DELETE, TRUNCATE ON consent_webhookendpoint, consent_webhookdelivery FROM {roles("web", "worker")};
GRANT DELETE ON consent_webhookdelivery TO {role("purge")};
"""
UNRIGHTS = f"GRANT DELETE ON consent_webhookendpoint, consent_webhookdelivery TO {roles('web', 'worker')};"
NAMED_RECIPIENT = "recipient_id = (SELECT rg_recipient())"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_recipient_register"),
        ("consent", "0023_clock_of_offers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "recipient",
                    models.ForeignKey(on_delete=PROTECT, related_name="webhook_endpoints", to="accounts.recipient"),
                ),
                ("url", models.URLField(max_length=500, verbose_name="address")),
                (
                    "secret",
                    protection.fields.SealedTextField(
                        blank=True, default=b"", editable=False, field_id="webhook.secret"
                    ),
                ),
                (
                    "former_secret",
                    protection.fields.SealedTextField(
                        blank=True, default=b"", editable=False, field_id="webhook.former_secret"
                    ),
                ),
                ("former_until", models.DateTimeField(null=True)),
                ("created_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("created_at", models.DateTimeField(db_default=NOW, editable=False)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "retired_by",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(url__regex=r"^https://[a-z0-9-]+(\.[a-z0-9-]+)+(:(443|8443))?([/?][!-~]*)?$"),
                        name="webhook_public_https_name",
                    ),
                    models.CheckConstraint(
                        condition=Q(retired_at__isnull=True, retired_by__isnull=True)
                        | Q(retired_at__isnull=False, retired_by__isnull=False),
                        name="webhook_retired_at_by",
                    ),
                    models.UniqueConstraint(
                        fields=["recipient", "url"],
                        condition=Q(retired_at__isnull=True),
                        name="webhook_once_an_address",
                        violation_error_message="This address is told already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "endpoint",
                    models.ForeignKey(on_delete=PROTECT, related_name="deliveries", to="consent.webhookendpoint"),
                ),
                ("recipient", models.ForeignKey(on_delete=PROTECT, related_name="+", to="accounts.recipient")),
                (
                    "version",
                    models.ForeignKey(null=True, on_delete=PROTECT, related_name="+", to="consent.consentversion"),
                ),
                ("kind", models.CharField(max_length=30)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "To be delivered"), ("delivered", "Delivered"), ("dead", "Given up")],
                        db_default="pending",
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("due_at", models.DateTimeField(db_default=NOW)),
                ("answered", models.PositiveSmallIntegerField(null=True)),
                ("outcome", models.CharField(blank=True, db_default="", default="", max_length=100)),
                ("created_at", models.DateTimeField(db_default=NOW, editable=False)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["endpoint", "version"], name="webhook_told_once"),
                    models.UniqueConstraint(
                        fields=["endpoint"],
                        condition=Q(kind="ping", status="pending"),
                        name="webhook_one_test_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=Q(kind="ping", version__isnull=True)
                        | Q(
                            kind__in=["consent.granted", "consent.changed", "consent.withdrawn", "consent.expired"],
                            version__isnull=False,
                        ),
                        name="webhook_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(status="pending", settled_at__isnull=True)
                        | Q(status__in=["delivered", "dead"], settled_at__isnull=False),
                        name="webhook_settled_at",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["due_at", "id"], condition=Q(status="pending"), name="webhook_due"),
                    models.Index(fields=["endpoint", "-created_at"], name="webhook_by_endpoint"),
                    models.Index(fields=["created_at"], name="webhook_by_age"),
                ],
            },
        ),
        RowSecurity("consent_webhookendpoint", using=NAMED_RECIPIENT),
        RowSecurity("consent_webhookdelivery", using=NAMED_RECIPIENT),
        migrations.RunSQL(POST, UNPOST),
        migrations.RunSQL(RIGHTS, UNRIGHTS),
    ]
