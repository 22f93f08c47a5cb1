"""Row security on acts; the record of them is append-only."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_acts"), ("protection", "0002_scope_and_append_only")]
    operations = [
        RowSecurity("accounts_accountact", customer="customer_id"),
        AppendOnly("accounts_accountact", purge_may_delete=True),
    ]
