from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0011_proofs_of_acts")]
    operations = [
        AddIndexConcurrently(
            "consentversion",
            models.Index(
                fields=["guardianship"],
                condition=models.Q(guardianship__isnull=False),
                name="consentversion_by_guardianship",
            ),
        ),
        AddIndexConcurrently(
            "consentversion",
            models.Index(
                fields=["authorization"],
                condition=models.Q(authorization__isnull=False),
                name="consentversion_by_agent",
            ),
        ),
    ]
