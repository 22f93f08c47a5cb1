"""Legal demands with their subjects, events and orders not to tell, and the releases that rest on them."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# No line is concealed yet, so that the index is empty; a partitioned table takes none CONCURRENTLY.
LINES = [
    "ALTER TABLE disclosures_releaseline ADD COLUMN concealment_id bigint NULL",
    (
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX line_concealed ON disclosures_releaseline (concealment_id) WHERE concealment_id IS NOT NULL"
    ),
]
UNLINES = "ALTER TABLE disclosures_releaseline DROP COLUMN concealment_id"


def of_demand(model):
    """Return the nullable foreign key of a release or denial to its demand; 0018 checks its rows."""
    table = f"disclosures_{model}"
    statements = [
        f"ALTER TABLE {table} ADD COLUMN demand_id bigint NULL",
        (
            f"ALTER TABLE {table} ADD CONSTRAINT {model}_demand_fk FOREIGN KEY (demand_id)"
            " REFERENCES disclosures_legaldemand (id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
        ),
    ]
    field = models.ForeignKey(
        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="disclosures.legaldemand"
    )
    return migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RunSQL(statements, f"ALTER TABLE {table} DROP COLUMN demand_id")],
        state_operations=[migrations.AddField(model_name=model, name="demand", field=field)],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0023_concealment_rules"),
        ("disclosures", "0016_clock_of_package_files"),
        ("protection", "0006_search_path"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalDemand",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("warrant", "Warrant"),
                            ("court_order", "Court order"),
                            ("subpoena", "Subpoena"),
                            ("emergency", "Emergency request"),
                            ("real_time", "Request for data as it arises"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("is_wiretap_order", models.BooleanField(default=False, verbose_name="expressly orders interception")),
                ("case_number", models.CharField(max_length=100, verbose_name="case number")),
                ("authority", models.CharField(max_length=200, verbose_name="issued by")),
                ("requester_name", models.CharField(max_length=200, verbose_name="requester")),
                ("requester_capacity", models.CharField(max_length=200, verbose_name="capacity of the requester")),
                ("delivery_address", models.CharField(max_length=500, verbose_name="delivery address")),
                (
                    "callback_note",
                    models.CharField(blank=True, max_length=500, verbose_name="how the requester was called back"),
                ),
                ("threat", models.CharField(blank=True, max_length=500, verbose_name="the imminent threat")),
                (
                    "names_everybody",
                    models.BooleanField(default=False, verbose_name="asks for all customers, or names nobody"),
                ),
                (
                    "field_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), size=None, verbose_name="data demanded"
                    ),
                ),
                ("data_from", models.DateField(verbose_name="data from")),
                ("data_to", models.DateField(verbose_name="data before")),
                ("received_on", models.DateField(verbose_name="received on")),
                ("due_on", models.DateField(verbose_name="answer due on")),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "document",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="protection.sealedfile",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="demands", to="accounts.recipient"
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DemandSubject",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "account",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.account"
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demand_subjects",
                        to="accounts.customer",
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subjects",
                        to="disclosures.legaldemand",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DemandEvent",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("assigned", "Assigned"),
                            ("notice_served", "Customers told"),
                            ("contested", "Contested by a customer"),
                            ("contest_withdrawn", "Contest taken back"),
                            ("motion_filed", "Motion before the court"),
                            ("motion_denied", "Court lets the demand stand"),
                            ("motion_granted", "Court quashed the demand"),
                            ("released", "Part of the data released"),
                            ("complied", "Complied with"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn by who made it"),
                            ("order_recorded", "Order not to tell the customers"),
                            ("order_extended", "Order not to tell extended"),
                            ("order_ended", "Order not to tell ended; customers told"),
                            ("undone", "A step undone"),
                        ],
                        max_length=24,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("served_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.customer"
                    ),
                ),
                ("release_uuid", models.UUIDField(null=True)),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="disclosures.demandevent",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="disclosures.legaldemand"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NonDisclosureOrder",
            fields=[
                ("entry_id", models.BigIntegerField(editable=False, unique=True)),
                ("salt", models.BinaryField(max_length=32)),
                ("evidence", models.BinaryField()),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("authority", models.CharField(max_length=200, verbose_name="issued by")),
                ("citation", models.CharField(max_length=300, verbose_name="order or statute")),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="last day of the order")),
                ("actor_kind", models.CharField(max_length=20)),
                ("actor_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="disclosures.legaldemand"
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="protection.sealedfile"
                    ),
                ),
                (
                    "extends",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extended_by",
                        to="disclosures.nondisclosureorder",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="legaldemand",
            index=models.Index(fields=["-created_at"], name="demand_by_time"),
        ),
        migrations.AddIndex(
            model_name="legaldemand",
            index=models.Index(fields=["recipient", "-created_at"], name="demand_by_recipient"),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["warrant", "court_order", "subpoena", "emergency", "real_time"])),
                name="demand_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_to__gt", models.F("data_from"))), name="demand_period_ordered"
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(condition=models.Q(("field_ids__len__gt", 0)), name="demand_names_data"),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case_number", ""), _negated=True),
                    models.Q(("authority", ""), _negated=True),
                    models.Q(("requester_name", ""), _negated=True),
                    models.Q(("requester_capacity", ""), _negated=True),
                    models.Q(("delivery_address", ""), _negated=True),
                ),
                name="demand_says_who_asks",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["emergency", "real_time"]), ("document__isnull", False), _connector="OR"
                ),
                name="demand_document_there",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "emergency"), _negated=True),
                    models.Q(models.Q(("threat", ""), _negated=True), models.Q(("callback_note", ""), _negated=True)),
                    _connector="OR",
                ),
                name="demand_emergency_states_threat_and_callback",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldemand",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_wiretap_order", False),
                    models.Q(("document__isnull", False), ("kind", "real_time")),
                    _connector="OR",
                ),
                name="demand_wiretap_has_its_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandsubject",
            constraint=models.UniqueConstraint(
                fields=("demand", "customer", "account"), name="demand_subject_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "what__in",
                        [
                            "assigned",
                            "notice_served",
                            "contested",
                            "contest_withdrawn",
                            "motion_filed",
                            "motion_denied",
                            "motion_granted",
                            "released",
                            "complied",
                            "refused",
                            "withdrawn",
                            "order_recorded",
                            "order_extended",
                            "order_ended",
                            "undone",
                        ],
                    )
                ),
                name="demand_event_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ends_on__gt", models.F("served_on")), ("served_on__isnull", False), ("what", "notice_served")
                    ),
                    models.Q(
                        models.Q(("what", "notice_served"), _negated=True),
                        ("ends_on__isnull", True),
                        ("served_on__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="demand_notice_has_its_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer__isnull", False), ("what__in", ["contested", "contest_withdrawn"])),
                    models.Q(
                        models.Q(("what__in", ["contested", "contest_withdrawn"]), _negated=True),
                        ("customer__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="demand_contest_is_a_customers",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("undoes__isnull", False), ("what", "undone")),
                    models.Q(models.Q(("what", "undone"), _negated=True), ("undoes__isnull", True)),
                    _connector="OR",
                ),
                name="demand_undone_names_the_step",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assignee__isnull", False), ("what", "assigned")),
                    models.Q(models.Q(("what", "assigned"), _negated=True), ("assignee__isnull", True)),
                    _connector="OR",
                ),
                name="demand_assigned_to_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("release_uuid__isnull", False), ("what__in", ["released", "complied"])),
                    models.Q(
                        models.Q(("what__in", ["released", "complied"]), _negated=True), ("release_uuid__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="demand_complied_by_a_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="demandevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("note", ""), _negated=True),
                    (
                        "what__in",
                        ["assigned", "notice_served", "contest_withdrawn", "released", "complied"],
                    ),
                    _connector="OR",
                ),
                name="demand_event_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="nondisclosureorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("authority", ""), _negated=True), models.Q(("citation", ""), _negated=True)
                ),
                name="order_says_who_and_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="nondisclosureorder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("extends__isnull", True)), fields=("demand",), name="order_first_once_a_demand"
            ),
        ),
        of_demand("release"),
        of_demand("releasedenial"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(LINES, UNLINES)],
            state_operations=[
                migrations.AddField(
                    model_name="releaseline",
                    name="concealment",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="release_lines",
                        to="accounts.concealment",
                    ),
                ),
                migrations.AddIndex(
                    "releaseline",
                    models.Index(
                        condition=models.Q(("concealment__isnull", False)),
                        fields=["concealment"],
                        name="line_concealed",
                    ),
                ),
            ],
        ),
    ]
