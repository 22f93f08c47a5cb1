from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consent", "0008_served_rules")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE consent_consentversion VALIDATE CONSTRAINT consentversion_served_to_its_customer;",
            migrations.RunSQL.noop,
        )
    ]
