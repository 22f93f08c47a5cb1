"""Release lines lie in a table partitioned by month of release; Django's migrations cannot make one."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TABLE disclosures_releaseline (
    entry_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    release_id bigint NOT NULL REFERENCES disclosures_release (id) DEFERRABLE INITIALLY DEFERRED,
    customer_id bigint NOT NULL REFERENCES accounts_customer (id) DEFERRABLE INITIALLY DEFERRED,
    consent_version_id bigint REFERENCES consent_consentversion (id) DEFERRABLE INITIALLY DEFERRED,
    account_ids bigint[] NOT NULL,
    usage_point_ids bigint[] NOT NULL,
    field_ids varchar(80)[] NOT NULL,
    data_from date NOT NULL,
    data_to date NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (entry_id, created_at),
    CONSTRAINT releaseline_salt_is_long CHECK (octet_length(salt) = 32),
    CONSTRAINT releaseline_period_ordered CHECK (data_from < data_to)
) PARTITION BY RANGE (created_at);
CREATE INDEX releaseline_by_customer ON disclosures_releaseline (customer_id, created_at DESC);
CREATE INDEX releaseline_by_release ON disclosures_releaseline (release_id);
CREATE INDEX releaseline_by_consent ON disclosures_releaseline (consent_version_id)
    WHERE consent_version_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, "DROP TABLE disclosures_releaseline;")],
            state_operations=[
                migrations.CreateModel(
                    name="ReleaseLine",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "entry_id", "created_at", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("entry_id", models.BigIntegerField(editable=False)),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.contrib.postgres.functions.TransactionNow(), editable=False
                            ),
                        ),
                        (
                            "account_ids",
                            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                        ),
                        (
                            "usage_point_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        (
                            "field_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80), size=None
                            ),
                        ),
                        ("data_from", models.DateField()),
                        ("data_to", models.DateField()),
                        ("salt", models.BinaryField(max_length=32)),
                        (
                            "consent_version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="release_lines",
                                to="consent.consentversion",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="release_lines",
                                to="accounts.customer",
                            ),
                        ),
                        (
                            "release",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="disclosures.release",
                            ),
                        ),
                    ],
                ),
            ],
        ),
    ]
