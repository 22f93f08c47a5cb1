"""Tombstones are written by the purge and stay; what else the purge may delete of the packages below."""

from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, role, roles

PURGE = role("purge")


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0014_tombstones"),
        ("accounts", "0010_outbox"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [
        AppendOnly("retention_tombstone"),
        migrations.RunSQL(
            f"REVOKE INSERT ON retention_tombstone FROM {roles('web', 'worker')};"
            f" GRANT INSERT ON retention_tombstone TO {PURGE};",
            f"GRANT INSERT ON retention_tombstone TO {roles('web', 'worker')};"
            f" REVOKE INSERT ON retention_tombstone FROM {PURGE};",
        ),
        GrantPurgeDelete("accounts_recipient"),
        GrantPurgeDelete("accounts_recipientagreement"),
        GrantPurgeDelete("accounts_confidentialityagreement"),
        GrantPurgeDelete("account_emailaddress"),
        GrantPurgeDelete("mfa_authenticator"),
    ]
