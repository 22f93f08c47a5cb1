"""The first version of every retention class's rule."""

from django.db import migrations
from django.db.models.functions import Now

FIVE_YEARS = "Provider's privacy policy: typically not more than five years"
PORTAL = "The provider's retention policy"
RULES = [
    # class, clock, months (None: as long as the portal runs), floor in complete months, citation
    (
        "readings",
        "reading_day",
        60,
        12,
        f"{FIVE_YEARS} (CPUC D.11-07-056: no longer than reasonably necessary); floor: Public Resources Code 25402.10",
    ),
    ("bills", "bill_date", 60, 12, FIVE_YEARS),
    ("import_originals", "import_finished", 3, 0, f"{PORTAL}: kept only to explain an import"),
    ("imports", "import_finished", 60, 0, f"{PORTAL}: as long as the data they brought"),
    ("export_files", "created", 3, 0, f"{PORTAL}: a copy lives no longer than its delivery needs"),
    ("evidence", "consent_ended", 60, 0, f"{PORTAL}: as long as a consent may be questioned"),
    ("consents", "consent_ended", 60, 0, f"{PORTAL}: as long as a consent may be questioned"),
    ("disclosures", "created", 84, 0, f"{PORTAL}: customers may ask what was disclosed about them"),
    ("rights_requests", "request_answered", 24, 0, "CCPA regulations, 11 CCR 7101: at least 24 months"),
    ("messages", "created", 24, 0, f"{PORTAL}: as long as the requests they belong to"),
    ("access_log", "created", 60, 0, f"{PORTAL}: as long as the data that was looked at"),
    ("sessions", "expired", 1, 0, f"{PORTAL}: only to see one's own recent sign-ins"),
    ("identity", "account_closed", 60, 0, f"{PORTAL}: as long as the last bill"),
    ("agreements", "agreement_ended", 84, 0, f"{PORTAL}: as long as the disclosures made under them"),
    ("files", "created", None, 0, f"{PORTAL}: names no person once its file is destroyed"),
    ("holds", "released", None, 0, f"{PORTAL}: the record of a hold outlives the data"),
    ("ledger", "created", None, 0, f"{PORTAL}: commitments only, no personal data"),
    ("reference", "created", None, 0, f"{PORTAL}: not personal"),
]


def seed(apps, schema_editor):
    """Put the first version of every class's rule in force."""
    rule = apps.get_model("retention", "RetentionRule")
    rule.objects.bulk_create(
        rule(
            retention_class=code,
            cutoff=cutoff,
            months=months,
            floor_months=floor,
            citation=citation,
            valid_from=Now(),
            created_by_name="Installation",
        )
        for code, cutoff, months, floor, citation in RULES
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0002_rules")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
