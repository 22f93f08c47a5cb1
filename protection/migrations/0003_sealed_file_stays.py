"""What a sealed file is (its hash, size, key) is written once; only that it was disposed of is added later."""

from django.db import migrations

from protection.operations import roles

EVERY = roles("web", "worker", "purge")


class Migration(migrations.Migration):
    dependencies = [("protection", "0002_scope_and_append_only")]
    operations = [
        migrations.RunSQL(
            f"REVOKE UPDATE, DELETE ON protection_sealedfile FROM {EVERY};"
            f" GRANT UPDATE (destroyed_at) ON protection_sealedfile TO {EVERY};",
            f"REVOKE UPDATE (destroyed_at) ON protection_sealedfile FROM {EVERY};"
            f" GRANT UPDATE ON protection_sealedfile TO {EVERY};"
            f" GRANT DELETE ON protection_sealedfile TO {roles('web', 'worker')};",
        )
    ]
