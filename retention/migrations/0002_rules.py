"""What only the database can hold: write-once rows, row security on holds, who may write runs."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity, roles

WRITE_ONCE = """
CREATE FUNCTION retention_write_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refused text;
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '% is kept: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT key INTO refused
    FROM jsonb_each(to_jsonb(NEW)) AS after JOIN jsonb_each(to_jsonb(OLD)) AS before USING (key)
    WHERE after.value IS DISTINCT FROM before.value
      AND NOT (key = ANY (TG_ARGV) AND before.value IN ('null'::jsonb, '""'::jsonb))
    LIMIT 1;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION '% is written once: a change of % is refused', TG_TABLE_NAME, refused
            USING ERRCODE = 'insufficient_privilege', HINT = 'Add a new row instead.';
    END IF;
    RETURN NEW;
END
$$;
"""
DROP_WRITE_ONCE = "DROP FUNCTION retention_write_once() CASCADE;"

CLOSABLE = {
    "retention_retentionrule": ["valid_to"],
    "retention_ruleproposal": [
        "decided_at",
        "decided_by_id",
        "decided_by_name",
        "is_approved",
        "decision_entry_id",
        "decision_salt",
        "decision_evidence",
    ],
    "retention_legalhold": [
        "released_at",
        "released_by_id",
        "released_by_name",
        "release_reason",
        "release_entry_id",
        "release_salt",
        "release_evidence",
    ],
}

HOLD_OF_SUBJECT = (
    "customer_id = ANY ((SELECT rg_customers())::bigint[]) OR account_id = ANY ((SELECT rg_accounts())::bigint[])"
)
RELEASE_POLICY = "CREATE POLICY release ON retention_legalhold AS RESTRICTIVE FOR UPDATE"


def guard(apps, schema_editor):
    """Let the closing columns be written once and all else never, whoever asks."""
    for table, columns in CLOSABLE.items():
        arguments = ", ".join(f"'{column}'" for column in columns)
        schema_editor.execute(
            f"CREATE TRIGGER write_once BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION retention_write_once({arguments})"
        )
        schema_editor.execute(
            f"CREATE TRIGGER write_once_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION retention_write_once()"
        )
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER write_once")
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER write_once_truncate")


def restrict(apps, schema_editor):
    """Leave runs, items, tallies and certificates to the purge; web only asks for a run."""
    for statement in (
        f"REVOKE DELETE ON {', '.join(CLOSABLE)} FROM {roles('web', 'worker')}",
        f"REVOKE INSERT, UPDATE ON retention_retentionrule, retention_ruleproposal FROM {roles('worker', 'purge')}",
        f"REVOKE UPDATE, DELETE ON retention_purgerun, retention_purgeitem FROM {roles('web', 'worker')}",
        f"REVOKE INSERT, UPDATE, DELETE ON retention_monthtally, retention_certificate FROM {roles('web', 'worker')}",
        f"GRANT DELETE ON retention_monthtally TO {roles('purge')}",
        f"{RELEASE_POLICY} TO {roles('web', 'worker')} USING ((SELECT rg_scope()) = 'provider' OR origin <> '')",
    ):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial"), ("protection", "0002_scope_and_append_only")]
    operations = [
        migrations.RunSQL(WRITE_ONCE, DROP_WRITE_ONCE),
        RowSecurity(
            "retention_legalhold",
            using=f"NOT is_confidential AND (all_subjects OR {HOLD_OF_SUBJECT})",
            check=HOLD_OF_SUBJECT,
        ),
        AppendOnly("retention_certificate"),
        migrations.RunPython(guard, migrations.RunPython.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
