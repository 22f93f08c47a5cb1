from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_forgotten_customers")]
    operations = [
        ValidateConstraint("customer", "customer_forgotten_is_blank"),
        ValidateConstraint("customer", "customer_key_destroyed_last"),
    ]
