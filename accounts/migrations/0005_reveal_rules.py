"""Row security on revealed values; the log of them is append-only."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_log_reveals"), ("protection", "0002_scope_and_append_only")]
    operations = [
        RowSecurity("accounts_valuereveal", customer="customer_id"),
        AppendOnly("accounts_valuereveal", purge_may_delete=True),
    ]
