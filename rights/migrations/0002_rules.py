"""Row security on every case; the steps of a case are append-only.

A customer may file and withdraw, but no statement under a customer's scope can make a correction accepted or refused,
or a request answered.
"""

from django.db import migrations

from protection.operations import AppendOnly, GrantPurgeDelete, RowSecurity

OWN = "customer_id = ANY ((SELECT rg_customers())::bigint[])"


class Migration(migrations.Migration):
    dependencies = [("rights", "0001_initial"), ("protection", "0002_scope_and_append_only")]
    operations = [
        RowSecurity(
            "rights_correction",
            customer="customer_id",
            check=f"{OWN} AND status IN ('applied', 'pending', 'withdrawn')",
        ),
        RowSecurity("rights_rightsrequest", customer="customer_id", check=f"{OWN} AND status IN ('open', 'closed')"),
        RowSecurity(
            "rights_caseevent",
            customer="customer_id",
            check=f"{OWN} AND what IN ('filed', 'applied', 'withdrawn')",
        ),
        AppendOnly("rights_caseevent", purge_may_delete=True),
        GrantPurgeDelete("rights_correction"),
        GrantPurgeDelete("rights_rightsrequest"),
    ]
