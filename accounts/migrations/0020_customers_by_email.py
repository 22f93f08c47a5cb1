from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0019_proofs_of_members")]
    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(Upper("email"), condition=~models.Q(email=""), name="customer_by_email"),
        ),
    ]
