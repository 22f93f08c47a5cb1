from django.db import migrations, models

from protection.operations import role


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SignOfLife",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "process",
                    models.CharField(
                        choices=[("web", "web"), ("worker", "worker"), ("purge", "purge"), ("beat", "beat")],
                        max_length=10,
                    ),
                ),
                ("machine", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "signs of life",
                "constraints": [
                    models.UniqueConstraint(fields=("process", "machine"), name="sign_once_a_process_and_machine"),
                    models.CheckConstraint(
                        condition=models.Q(("process__in", ["web", "worker", "purge", "beat"])),
                        name="sign_process_known",
                    ),
                ],
            },
        ),
        # Its worker signs as the others do.
        migrations.RunSQL(f"GRANT INSERT, UPDATE ON portal_signoflife TO {role('purge')}", migrations.RunSQL.noop),
    ]
