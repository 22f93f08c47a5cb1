"""The releases and denials of a demand, by an index that holds no others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OF_DEMANDS = models.Q(("demand__isnull", False))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("disclosures", "0018_demand_rules")]
    operations = [
        AddIndexConcurrently(
            "release", models.Index(condition=OF_DEMANDS, fields=["demand"], name="release_by_demand")
        ),
        AddIndexConcurrently(
            "releasedenial", models.Index(condition=OF_DEMANDS, fields=["demand"], name="denial_by_demand")
        ),
    ]
