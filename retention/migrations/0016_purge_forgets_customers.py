"""The purge blanks customers whose accounts are closed: these columns, and rows that hang on them, no more."""

from django.db import migrations, models

from protection.operations import GrantPurgeDelete, role

PURGE = role("purge")
BLANKED = {
    "accounts_customer": (
        "name, email, phone, mailing_street, mailing_city, mailing_region, mailing_postal_code, birth_date, language,"
        " tax_id, tax_id_index, bank_account, forgotten_at, key_destroyed_at"
    ),
    "accounts_account": ("number, service_street, service_city, service_region, service_postal_code, climate_zone"),
    "accounts_user": "email, name, language, password, last_login, is_active",
}


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0015_purge_reaches_every_class"),
        ("accounts", "0012_forgotten_customers_are_blank"),
    ]
    operations = [
        migrations.AlterField(
            model_name="purgeitem",
            name="action",
            field=models.CharField(
                choices=[
                    ("drop_month", "drop the month"),
                    ("trim_month", "delete the month's expired days"),
                    ("trim_held", "delete what is no longer held"),
                    ("delete_rows", "delete rows"),
                    ("delete_files", "destroy files"),
                    ("destroy_keys", "destroy keys"),
                ],
                max_length=20,
            ),
        ),
        *(
            migrations.RunSQL(
                f"GRANT UPDATE ({columns}) ON {table} TO {PURGE}", f"REVOKE UPDATE ({columns}) ON {table} FROM {PURGE}"
            )
            for table, columns in BLANKED.items()
        ),
        GrantPurgeDelete("accounts_member"),
        GrantPurgeDelete("accounts_fieldsource"),
        GrantPurgeDelete("accounts_fieldconflict"),
    ]
