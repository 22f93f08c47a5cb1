"""A proposal's constraint goes by the name that every kind of proposal gives it."""

from django.db import migrations, models

from retention.models.pairs import two_persons

OLD, NEW = "proposal_shortening_by_two", "proposal_approved_by_another"
# Nothing but our own migrations knows a constraint by its name.
RENAME = "-- squawk-ignore renaming-object\nALTER TABLE retention_ruleproposal RENAME CONSTRAINT {} TO {}"
MESSAGE = "A second person must approve: whoever proposed it cannot."


class Migration(migrations.Migration):
    dependencies = [("retention", "0008_purge_grants")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL([RENAME.format(OLD, NEW)], [RENAME.format(NEW, OLD)])],
            state_operations=[
                migrations.RemoveConstraint("ruleproposal", OLD),
                migrations.AddConstraint(
                    "ruleproposal",
                    models.CheckConstraint(
                        condition=models.Q(is_shortening=False)
                        | ~models.Q(is_approved=True)
                        | two_persons("proposed_by", "decided_by"),
                        name=NEW,
                        violation_error_message=MESSAGE,
                    ),
                ),
            ],
        )
    ]
