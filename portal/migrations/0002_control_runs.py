import django.db.models.functions.datetime
from django.db import migrations, models

from protection.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_signs_of_life"),
        ("protection", "0002_scope_and_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ControlRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=60)),
                ("ran_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ("found", models.PositiveBigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["code", "-ran_at"], name="control_run_by_code")],
            },
        ),
        AppendOnly("portal_controlrun"),
    ]
