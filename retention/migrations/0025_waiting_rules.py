"""An approved change of a rule waits until the privacy notice says so, and can be withdrawn until then."""

from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0024_changes_by_proposal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ruleproposal",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="ruleproposal",
            name="withdrawn_by_name",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200),
        ),
        AddConstraintNotValid(
            model_name="ruleproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by_name", "")),
                    models.Q(("withdrawn_at__isnull", False), models.Q(("withdrawn_by_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="proposal_withdrawn_at_by",
            ),
        ),
    ]
