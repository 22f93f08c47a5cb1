import django.db.models.deletion
from django.db import migrations, models

PROOFS = """
ALTER TABLE consent_consentversion ADD CONSTRAINT consentversion_guardianship_of_its_customer
    FOREIGN KEY (guardianship_id, customer_id) REFERENCES accounts_guardianship (id, customer_id) NOT VALID;
ALTER TABLE consent_consentversion ADD CONSTRAINT consentversion_authorization_of_its_customer
    FOREIGN KEY (authorization_id, customer_id) REFERENCES accounts_agentauthorization (id, customer_id) NOT VALID;
"""
UNPROOFS = """
ALTER TABLE consent_consentversion DROP CONSTRAINT consentversion_authorization_of_its_customer;
ALTER TABLE consent_consentversion DROP CONSTRAINT consentversion_guardianship_of_its_customer;
"""


def proof(model: str) -> models.ForeignKey:
    return models.ForeignKey(
        to=model,
        null=True,
        blank=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0010_preferences"), ("accounts", "0018_who_may_act")]
    operations = [
        migrations.AddField("consentversion", "guardianship", proof("accounts.guardianship")),
        migrations.AddField("consentversion", "authorization", proof("accounts.agentauthorization")),
        migrations.RunSQL(PROOFS, UNPROOFS),
    ]
