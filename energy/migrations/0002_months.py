"""The two tables that are partitioned by month, and the function by which imports obtain months.

Written by hand: Django makes neither composite keys with partitions nor owners. The months role owns both tables and
every partition, since only an owner may detach and drop; the purge role alone is its member at run time.
"""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity, role, roles

TABLES = f"""
CREATE TABLE energy_dayreading (
    account_id bigint NOT NULL REFERENCES accounts_account (id),
    usage_point_id bigint NOT NULL,
    reading_type_id bigint NOT NULL,
    start timestamptz NOT NULL,
    total bigint NOT NULL,
    import_run_id bigint NOT NULL,
    day date NOT NULL,
    interval_length integer NOT NULL CONSTRAINT day_interval_not_negative CHECK (interval_length >= 0),
    reading_count integer NOT NULL CONSTRAINT day_has_readings CHECK (reading_count > 0),
    "values" bytea NOT NULL,
    offsets bytea,
    durations bytea,
    qualities bytea,
    costs bytea,
    tous bytea,
    tiers bytea,
    cpps bytea,
    PRIMARY KEY (account_id, usage_point_id, reading_type_id, day)
) PARTITION BY RANGE (day);

CREATE TABLE energy_bill (
    account_id bigint NOT NULL REFERENCES accounts_account (id),
    uuid uuid NOT NULL,
    bill_date date NOT NULL,
    usage_point_id bigint,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    amount_due numeric(20, 5),
    currency varchar(3) NOT NULL,
    consumption numeric(26, 6),
    unit varchar(10) NOT NULL,
    line_items jsonb NOT NULL,
    summary jsonb NOT NULL,
    import_run_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (account_id, uuid, bill_date),
    CONSTRAINT bill_period_ordered CHECK (period_end >= period_start)
) PARTITION BY RANGE (bill_date);

-- Whoever is given a table must be allowed to create there; 0005 takes it away again.
GRANT CREATE ON SCHEMA public TO {role("months")};
ALTER TABLE energy_dayreading OWNER TO {role("months")};
ALTER TABLE energy_bill OWNER TO {role("months")};
REVOKE DELETE ON energy_dayreading, energy_bill FROM {roles("web", "worker")};
GRANT DELETE ON energy_dayreading, energy_bill TO {role("purge")};
"""

DROP_TABLES = "DROP TABLE energy_bill; DROP TABLE energy_dayreading;"

# CREATE TABLE … PARTITION OF would lock the parent against every reader; LIKE with ATTACH does not, and the CHECK
# spares ATTACH its scan. The advisory lock has two imports that want one month make it once.
ENSURE_MONTH = f"""
CREATE FUNCTION energy_ensure_month(parent text, month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    begins date := date_trunc('month', month)::date;
    ends date := (date_trunc('month', month) + interval '1 month')::date;
    child text := parent || to_char(begins, '"_y"YYYY"m"MM');
    cutoff text := CASE parent WHEN 'energy_dayreading' THEN 'day' WHEN 'energy_bill' THEN 'bill_date' END;
BEGIN
    IF cutoff IS NULL THEN
        RAISE EXCEPTION '% is not partitioned by month', parent USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF begins < date '1990-01-01' OR begins > date_trunc('month', current_date) + interval '2 years' THEN
        RAISE EXCEPTION 'The month % is before 1990 or more than two years ahead', begins
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('energy_ensure_month', 0));
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING STORAGE,'
        ' CONSTRAINT within_month CHECK (%I >= %L AND %I < %L))',
        child, parent, cutoff, begins, cutoff, ends
    );
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, begins, ends);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT within_month', child);
    RETURN true;
END
$$;
ALTER FUNCTION energy_ensure_month(text, date) OWNER TO {role("months")};
REVOKE EXECUTE ON FUNCTION energy_ensure_month(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION energy_ensure_month(text, date) TO {roles("owner", "web", "worker", "purge")};
"""

FIVE_YEARS = """
INSERT INTO energy_importwindow (retention_class, months) VALUES ('readings', 60), ('bills', 60);
"""


class Migration(migrations.Migration):
    dependencies = [("energy", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLES, DROP_TABLES)],
            state_operations=[
                migrations.CreateModel(
                    name="DayReading",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account_id",
                                "usage_point_id",
                                "reading_type_id",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("start", models.DateTimeField()),
                        ("total", models.BigIntegerField()),
                        ("import_run_id", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("interval_length", models.IntegerField()),
                        ("reading_count", models.IntegerField()),
                        ("values", models.BinaryField()),
                        ("offsets", models.BinaryField(null=True)),
                        ("durations", models.BinaryField(null=True)),
                        ("qualities", models.BinaryField(null=True)),
                        ("costs", models.BinaryField(null=True)),
                        ("tous", models.BinaryField(null=True)),
                        ("tiers", models.BinaryField(null=True)),
                        ("cpps", models.BinaryField(null=True)),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "reading_type",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="energy.readingtype",
                            ),
                        ),
                        (
                            "usage_point",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="energy.usagepoint",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reading_count__gt", 0)), name="day_has_readings"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("interval_length__gte", 0)), name="day_interval_not_negative"
                            ),
                        ]
                    },
                ),
                migrations.CreateModel(
                    name="Bill",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account_id",
                                "uuid",
                                "bill_date",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
                        ("bill_date", models.DateField(verbose_name="date of the bill")),
                        ("usage_point_id", models.BigIntegerField(null=True)),
                        ("period_start", models.DateTimeField(verbose_name="from")),
                        ("period_end", models.DateTimeField(verbose_name="until")),
                        (
                            "amount_due",
                            models.DecimalField(decimal_places=5, max_digits=20, null=True, verbose_name="amount"),
                        ),
                        ("currency", models.CharField(default="USD", max_length=3)),
                        (
                            "consumption",
                            models.DecimalField(decimal_places=6, max_digits=26, null=True, verbose_name="used"),
                        ),
                        ("unit", models.CharField(blank=True, max_length=10)),
                        ("line_items", models.JSONField(default=list)),
                        ("summary", models.JSONField(default=dict)),
                        ("import_run_id", models.BigIntegerField()),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.account",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("period_end__gte", models.F("period_start"))),
                                name="bill_period_ordered",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(ENSURE_MONTH, "DROP FUNCTION energy_ensure_month(text, date)"),
        migrations.RunSQL(FIVE_YEARS, "DELETE FROM energy_importwindow"),
        RowSecurity("energy_usagepoint", account="account_id"),
        RowSecurity("energy_dayreading", account="account_id"),
        RowSecurity("energy_readingoverride", account="account_id"),
        RowSecurity("energy_bill", account="account_id"),
        RowSecurity("energy_importrun", account="account_id", check="false"),
        RowSecurity("energy_importfinding", using="false"),
        RowSecurity("energy_receipt", account="account_id", check="false"),
        AppendOnly("energy_receipt", purge_may_delete=True),
        GrantPurgeDelete("energy_usagepoint"),
        GrantPurgeDelete("energy_readingoverride"),
        GrantPurgeDelete("energy_importrun"),
        GrantPurgeDelete("energy_importfinding"),
    ]
