"""A hold on everybody shows to customers, not to recipients or to a connection without a scope."""

from django.db import migrations

OF_SUBJECT = (
    "customer_id = ANY ((SELECT rg_customers())::bigint[]) OR account_id = ANY ((SELECT rg_accounts())::bigint[])"
)
EVERYBODY = "(all_subjects AND (SELECT rg_scope()) = 'subject')"
SEEN = "ALTER POLICY scope ON retention_legalhold USING ((SELECT rg_scope()) = 'provider' OR (NOT is_confidential AND"


class Migration(migrations.Migration):
    dependencies = [("retention", "0006_item_claims")]
    operations = [
        migrations.RunSQL(
            f"{SEEN} ({EVERYBODY} OR {OF_SUBJECT})))",
            f"{SEEN} (all_subjects OR {OF_SUBJECT})))",
        )
    ]
