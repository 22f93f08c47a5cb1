"""Row security on all that belongs to a customer; the access log is append-only."""

from django.db import migrations

from protection.operations import AppendOnly, RowSecurity


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("protection", "0002_scope_and_append_only")]
    operations = [
        RowSecurity("accounts_customer", customer="id"),
        RowSecurity("accounts_account", account="id"),
        RowSecurity("accounts_member", account="account_id", using="user_id = (SELECT rg_user())", check="false"),
        RowSecurity("accounts_customeropening", customer="customer_id", check="false"),
        RowSecurity("accounts_fieldsource", customer="customer_id"),
        RowSecurity("accounts_fieldconflict", customer="customer_id"),
        AppendOnly("accounts_customeropening", purge_may_delete=True),
    ]
