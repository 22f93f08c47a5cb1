from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0003_purposes_and_first_notice")]
    operations = [
        migrations.AddField("notice", "asks_anew", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "consentversion",
            "cause",
            models.CharField(
                blank=True,
                choices=[("expired", "Its permission period ended"), ("account_closed", "The account was closed")],
                db_default="",
                default="",
                max_length=20,
            ),
        ),
        AddConstraintNotValid(
            "consentversion",
            models.CheckConstraint(
                condition=models.Q(("cause", ""))
                | models.Q(("cause__in", ["expired", "account_closed"]), ("kind", "expire")),
                name="consentversion_cause_of_expiry",
            ),
        ),
    ]
