"""What the provider knows of a recipient: contacts, sites, clauses of its agreements, incidents, notices to it."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

COLUMN = "ALTER TABLE accounts_recipient ADD COLUMN resumed_by_id bigint NULL"
RESUMER = """
ALTER TABLE accounts_recipient ADD CONSTRAINT recipient_resumed_by_a_user
    FOREIGN KEY (resumed_by_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED NOT VALID
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_purge_clock_of_reveals"),
        ("protection", "0006_search_path"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementClause",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("no_less_protective", "Protects the data no less than we do"),
                            ("breach_notice", "Tells us of a breach, and by when"),
                            ("onward_transfer", "Passes nothing on without our word"),
                            ("return_or_destruction", "Returns or destroys the data at the end"),
                        ],
                        max_length=30,
                    ),
                ),
                ("is_met", models.BooleanField()),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="place in the document")),
                (
                    "checked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clauses",
                        to="accounts.recipientagreement",
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "code__in",
                                ["no_less_protective", "breach_notice", "onward_transfer", "return_or_destruction"],
                            )
                        ),
                        name="agreementclause_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_met", False), models.Q(("place", ""), _negated=True), _connector="OR"),
                        name="agreementclause_met_says_where",
                        violation_error_message="Say where in the document the clause stands.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgreementEnding",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("former_valid_to", models.DateField(null=True)),
                ("valid_to", models.DateField()),
                ("reason", models.CharField(max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endings",
                        to="accounts.recipientagreement",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="agreementending_states_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("former_valid_to__isnull", True),
                            ("former_valid_to__gt", models.F("valid_to")),
                            _connector="OR",
                        ),
                        name="agreementending_only_shortens",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OnwardRecipient",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="name of the firm")),
                ("task", models.CharField(max_length=200, verbose_name="what it does for the recipient")),
                ("data", models.CharField(max_length=200, verbose_name="which data it gets")),
                (
                    "terms",
                    models.CharField(
                        help_text="The contract or clause that binds it.", max_length=200, verbose_name="under what"
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="onward_recipients",
                        to="accounts.recipient",
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("terms", ""), _negated=True), name="onwardrecipient_is_bound"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("removed_at__isnull", True), ("removed_by__isnull", True)),
                            models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="onwardrecipient_removed_at_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientContact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("agreements", "Agreements"),
                            ("privacy", "Privacy"),
                            ("security", "Security and breaches"),
                            ("technical", "Transfer of data"),
                        ],
                        max_length=12,
                        verbose_name="is asked about",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("phone", models.CharField(blank=True, max_length=30, verbose_name="telephone number")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="contacts", to="accounts.recipient"
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("part__in", ["agreements", "privacy", "security", "technical"])),
                        name="recipientcontact_part_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("removed_at__isnull", True), ("removed_by__isnull", True)),
                            models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="recipientcontact_removed_at_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientIncident",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=200, verbose_name="what happened, in a few words")),
                ("description", models.TextField(max_length=4000, verbose_name="what happened")),
                ("happened_on", models.DateField(blank=True, null=True, verbose_name="happened on")),
                ("reported_on", models.DateField(verbose_name="reported to us on")),
                ("reported_by", models.CharField(max_length=200, verbose_name="reported by")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True)),
                ("outcome", models.TextField(blank=True, editable=False, max_length=4000)),
                (
                    "closed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="accounts.recipient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("happened_on__isnull", True),
                            ("happened_on__lte", models.F("reported_on")),
                            _connector="OR",
                        ),
                        name="recipientincident_reported_afterwards",
                        violation_error_message="It was reported after it happened. Correct one of the two days.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="recipientincident_closed_at_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), models.Q(("outcome", ""), _negated=True), _connector="OR"
                        ),
                        name="recipientincident_closed_with_an_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientNotice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("stopped", "Releases to you are stopped: use and pass on nothing more"),
                            ("resumed", "Releases to you are allowed again"),
                            (
                                "return_due",
                                "An agreement ended: return or destroy the data, and send us the certificate",
                            ),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("acknowledged_at", models.DateTimeField(editable=False, null=True)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="accounts.recipientagreement",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="accounts.recipient"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["stopped", "resumed", "return_due"])),
                        name="recipientnotice_kind_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "return_due")),
                        fields=("agreement", "kind"),
                        name="recipientnotice_asks_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("acknowledged_at__isnull", True), ("acknowledged_by__isnull", True)),
                            models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="recipientnotice_acknowledged_at_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientSite",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("label", models.CharField(max_length=100, verbose_name="what customers find there")),
                (
                    "address",
                    models.CharField(
                        max_length=500,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[^\\s\\\\]*)?$",
                                "Enter the full address, which begins with https://.",
                            )
                        ],
                        verbose_name="address",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sites", to="accounts.recipient"
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "address__regex",
                                "^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[^\\s\\\\]*)?$",
                            )
                        ),
                        name="recipientsite_is_https",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("removed_at__isnull", True), ("removed_by__isnull", True)),
                            models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="recipientsite_removed_at_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnCertificate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "what",
                    models.CharField(choices=[("returned", "Returned"), ("destroyed", "Destroyed")], max_length=10),
                ),
                ("done_on", models.DateField()),
                ("signer_name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "agreement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="return_certificate",
                        to="accounts.recipientagreement",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="protection.sealedfile"
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("what__in", ["returned", "destroyed"])), name="returncertificate_says_what"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signer_name", ""), _negated=True), name="returncertificate_is_signed"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="recipient",
            name="registered_address",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="registered office"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    model_name="recipient",
                    name="resumed_by",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL([COLUMN, RESUMER], "ALTER TABLE accounts_recipient DROP COLUMN resumed_by_id")
            ],
        ),
        AddConstraintNotValid(
            model_name="recipient",
            constraint=models.CheckConstraint(
                condition=models.Q(("stopped_at__isnull", True), ("resumed_by__isnull", True), _connector="OR"),
                name="recipient_stopped_or_resumed",
            ),
        ),
    ]
