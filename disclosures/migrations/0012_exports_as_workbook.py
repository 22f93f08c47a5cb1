from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disclosures", "0011_two_persons"),
    ]

    operations = [
        migrations.AddField(
            model_name="historyexport",
            name="has_workbook",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
