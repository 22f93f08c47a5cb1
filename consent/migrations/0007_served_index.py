from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0006_served_notices_and_receipts")]
    operations = [
        AddIndexConcurrently("consentversion", models.Index(fields=["served_notice"], name="consentversion_by_served"))
    ]
