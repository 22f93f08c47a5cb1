"""Entries are append-only; each new one waits in ledger_unsealed; only the worker seals."""

from django.db import migrations

from protection.operations import AppendOnly, role, roles

WAIT = """
CREATE FUNCTION ledger_await_sealing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO ledger_unsealed (entry_id) SELECT id FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER await_sealing AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_await_sealing();
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER await_sealing;
"""

UNWAIT = """
DROP TRIGGER await_sealing ON ledger_entry;
DROP FUNCTION ledger_await_sealing();
"""


def only_the_worker_seals(apps, schema_editor):
    """Take from every other role the right to write places, checkpoints and the waiting list."""
    schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE ON ledger_unsealed FROM {roles('web', 'worker', 'purge')}")
    schema_editor.execute(f"GRANT DELETE ON ledger_unsealed TO {role('worker')}")
    schema_editor.execute(f"REVOKE INSERT ON ledger_sealed, ledger_checkpoint FROM {roles('web', 'purge')}")


def everyone_seals(apps, schema_editor):
    """Give the default rights back."""
    schema_editor.execute(f"GRANT INSERT, UPDATE, DELETE ON ledger_unsealed TO {roles('web', 'worker')}")
    schema_editor.execute(f"GRANT INSERT ON ledger_sealed, ledger_checkpoint TO {roles('web', 'purge')}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("protection", "0002_scope_and_append_only")]
    operations = [
        AppendOnly("ledger_entry"),
        AppendOnly("ledger_sealed"),
        AppendOnly("ledger_checkpoint"),
        migrations.RunSQL(WAIT, UNWAIT),
        migrations.RunPython(only_the_worker_seals, everyone_seals),
    ]
