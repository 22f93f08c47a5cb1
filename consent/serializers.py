"""The shape of consents for other systems. Periods are half-open, as everywhere inside: an end is not included."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account, Customer, Recipient
from consent.models import Consent, ConsentVersion, NoticeText, Purpose, Receipt
from consent.selectors import consent_form, status_of
from consent.states import StatusCode
from energy.models import UsagePoint
from protection.evidence import CleanEvidence, Upload, check_evidence
from protection.evidence.errors import EvidenceError

Method = ConsentVersion.Method
FINDABLE_STATES = [str(code) for code in StatusCode if code not in {StatusCode.NONE, StatusCode.SUPERSEDED}]
WRITTEN_METHODS = [(value, label) for value, label in Method.choices if value != Method.PORTAL]


class RecipientSummarySerializer(serializers.Serializer[Recipient]):
    """An organization that may receive data."""

    uuid = serializers.UUIDField()
    legal_name = serializers.CharField()


class StatusSerializer(serializers.Serializer[Any]):
    """The computed state of a consent, and why."""

    code = serializers.ChoiceField(choices=[str(code) for code in StatusCode])
    reason = serializers.CharField()


class ScopeSerializer(serializers.Serializer[ConsentVersion]):
    """What a consent covers, or covered."""

    fields_ = serializers.ListField(child=serializers.CharField(), source="field_ids")
    usage_points = serializers.SerializerMethodField(help_text="UUIDs; empty: every usage point of the customer.")
    data_from = serializers.DateField()
    data_to = serializers.DateField(allow_null=True, help_text="The first day that is no longer covered.")
    permission_from = serializers.DateField()
    permission_to = serializers.DateField(allow_null=True, help_text="The first day that is no longer permitted.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Name the list of fields `fields`, which a serializer itself uses for another thing."""
        declared = super().get_fields()
        return {name.rstrip("_"): field for name, field in declared.items()}

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_usage_points(self, version: ConsentVersion) -> list[str]:
        """Return the UUIDs of the usage points it is limited to, of those that the view has looked up."""
        known = self.context["usage_points"]
        return [str(known[pk]) for pk in version.usage_point_ids if pk in known]


class VersionSerializer(serializers.Serializer[ConsentVersion]):
    """One act on a consent."""

    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ConsentVersion.Kind.choices)
    recorded_at = serializers.DateTimeField(source="created_at")
    method = serializers.CharField()
    signed_on = serializers.DateField(allow_null=True)
    signer_name = serializers.CharField()
    reason = serializers.CharField()
    evidence_sha256 = serializers.CharField(source="evidence_file.sha256", default=None)
    ledger_entry = serializers.IntegerField(source="entry_id")
    receipt = serializers.UUIDField(source="receipt.uuid", help_text="See `/receipts/UUID`.")


class ConsentSerializer(serializers.Serializer[Consent]):
    """A consent as it stands."""

    uuid = serializers.UUIDField()
    customer = serializers.UUIDField(source="customer.uuid")
    recipient = RecipientSummarySerializer()
    purpose = serializers.CharField(source="purpose.code")
    project = serializers.CharField()
    status = serializers.SerializerMethodField()
    scope = ScopeSerializer(source="scope_version", allow_null=True)
    changed_at = serializers.DateTimeField()

    @extend_schema_field(StatusSerializer)
    def get_status(self, consent: Consent) -> dict[str, str]:
        """Return the state on the day that the view asked the clock for."""
        status = status_of(consent, self.context["today"])
        return {"code": str(status.code), "reason": status.reason}


class ConsentDetailSerializer(ConsentSerializer):
    """A consent with every act on it, the newest first."""

    versions = serializers.SerializerMethodField()

    @extend_schema_field(VersionSerializer(many=True))
    def get_versions(self, consent: Consent) -> list[dict[str, Any]]:
        """Return the acts on the consent."""
        acts = consent.versions.select_related("evidence_file", "receipt").order_by("-number")
        return [dict(VersionSerializer(act).data) for act in acts]


class ConsentGrantSerializer(serializers.Serializer[Any]):
    """A written consent to be logged. Send it as multipart/form-data where there is a scanned form."""

    customer = serializers.SlugRelatedField(
        slug_field="uuid", queryset=Customer.objects.order_by("pk"), required=False, help_text="The customer's UUID."
    )
    account = serializers.SlugRelatedField(
        slug_field="number",
        queryset=Account.objects.select_related("customer").order_by("pk"),
        required=False,
        help_text="The number of one of the customer's accounts, instead of `customer`.",
    )
    recipient = serializers.SlugRelatedField(slug_field="uuid", queryset=Recipient.objects.order_by("pk"))
    purpose = serializers.SlugRelatedField(slug_field="code", queryset=Purpose.objects.secondary().order_by("pk"))
    project = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    field_ids = serializers.ListField(child=serializers.CharField(max_length=80), allow_empty=False, max_length=200)
    usage_points = serializers.SlugRelatedField(
        slug_field="uuid",
        queryset=UsagePoint.objects.order_by("pk"),
        many=True,
        required=False,
        help_text="UUIDs; leave it out for every usage point of the customer.",
    )
    data_from = serializers.DateField()
    data_to = serializers.DateField(required=False, allow_null=True, default=None)
    permission_from = serializers.DateField(required=False, allow_null=True, default=None)
    permission_to = serializers.DateField(required=False, allow_null=True, default=None)
    method = serializers.ChoiceField(choices=WRITTEN_METHODS)
    signed_on = serializers.DateField()
    signer_name = serializers.CharField(max_length=200)
    form_language = serializers.ChoiceField(choices=[("en", "English"), ("es", "Spanish")], default="en")
    form_version = serializers.IntegerField(
        required=False, min_value=1, help_text="The number of the form that was signed; the one in force without it."
    )
    evidence = serializers.FileField(required=False, help_text="The scanned form; needed where the method is paper.")

    def validate_evidence(self, upload: Upload) -> CleanEvidence:
        """Return the clean copy of the scan."""
        try:
            return check_evidence(upload)
        except EvidenceError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of `grant_consent`."""
        customer, account = attrs.pop("customer", None), attrs.pop("account", None)
        if (customer is None) == (account is None):
            raise serializers.ValidationError({"customer": _("Give either customer or account.")})
        attrs["customer"] = customer or account.customer
        attrs["usage_point_ids"] = [point.pk for point in attrs.pop("usage_points", [])]
        attrs["notice_text"] = _form(attrs.pop("form_language"), attrs.pop("form_version", None))
        return attrs


class ConsentNarrowSerializer(serializers.Serializer[Any]):
    """Less than now, as the customer asked. What is left out stays as it is; nothing can grow."""

    field_ids = serializers.ListField(
        child=serializers.CharField(max_length=80), allow_empty=False, max_length=200, required=False
    )
    usage_points = serializers.SlugRelatedField(
        slug_field="uuid",
        queryset=UsagePoint.objects.order_by("pk"),
        many=True,
        required=False,
        allow_empty=False,
        help_text="UUIDs of the usage points that remain.",
    )
    data_from = serializers.DateField(required=False)
    data_to = serializers.DateField(required=False)
    permission_to = serializers.DateField(required=False)
    method = serializers.ChoiceField(choices=WRITTEN_METHODS)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of `narrow_consent`."""
        if "usage_points" in attrs:
            attrs["usage_point_ids"] = [point.pk for point in attrs.pop("usage_points")]
        return attrs


class ConsentWithdrawSerializer(serializers.Serializer[Any]):
    """A withdrawal that the customer asked for."""

    method = serializers.ChoiceField(choices=WRITTEN_METHODS)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PartiesSerializer(serializers.Serializer[Any]):
    """Whose consents, and for whom."""

    customer = serializers.SlugRelatedField(slug_field="uuid", queryset=Customer.objects.order_by("pk"), required=False)
    recipient = serializers.SlugRelatedField(
        slug_field="uuid", queryset=Recipient.objects.order_by("pk"), required=False
    )


class ConsentFilterSerializer(PartiesSerializer):
    """What a list of consents is narrowed to."""

    purpose = serializers.SlugRelatedField(slug_field="code", queryset=Purpose.objects.order_by("pk"), required=False)
    status = serializers.ChoiceField(choices=FINDABLE_STATES, required=False)
    method = serializers.ChoiceField(choices=Method.choices, required=False, help_text="How it was given.")
    ends_from = serializers.DateField(required=False, help_text="The last day of the permission is this or later.")
    ends_before = serializers.DateField(required=False, help_text="The last day of the permission is earlier.")


class ReceiptFilterSerializer(PartiesSerializer):
    """What a list of receipts is narrowed to."""

    consent = serializers.SlugRelatedField(slug_field="uuid", queryset=Consent.objects.order_by("pk"), required=False)
    kind = serializers.ChoiceField(choices=ConsentVersion.Kind.choices, required=False)


class ReceiptSerializer(serializers.Serializer[Receipt]):
    """The receipt of one act on a consent."""

    uuid = serializers.UUIDField()
    consent = serializers.UUIDField(source="version.consent.uuid")
    customer = serializers.UUIDField(source="customer.uuid")
    recipient = serializers.UUIDField(source="recipient.uuid")
    number = serializers.IntegerField(source="version.number")
    kind = serializers.ChoiceField(source="version.kind", choices=ConsentVersion.Kind.choices)
    created_at = serializers.DateTimeField()


class CoverageQuestionSerializer(serializers.Serializer[Any]):
    """What somebody wants to know before they ask for data. The data period is half-open."""

    customer = serializers.SlugRelatedField(slug_field="uuid", queryset=Customer.objects.order_by("pk"))
    recipient = serializers.SlugRelatedField(slug_field="uuid", queryset=Recipient.objects.order_by("pk"))
    purpose = serializers.SlugRelatedField(slug_field="code", queryset=Purpose.objects.order_by("pk"))
    field_ids = serializers.ListField(child=serializers.CharField(max_length=80), allow_empty=False, max_length=200)
    usage_points = serializers.SlugRelatedField(
        slug_field="uuid",
        queryset=UsagePoint.objects.order_by("pk"),
        many=True,
        required=False,
        help_text="UUIDs; leave it out to ask for every usage point of the customer.",
    )
    data_from = serializers.DateField()
    data_to = serializers.DateField()


class CoverageSerializer(serializers.Serializer[Any]):
    """Whether one consent covers all of it now, and which."""

    is_covered = serializers.BooleanField()
    consent = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="The number of the act that says what is covered.")


def _form(language: str, number: int | None) -> NoticeText:
    if number is None:
        return consent_form(language)
    text = NoticeText.objects.filter(notice__kind="consent_form", notice__number=number, language=language).first()
    if text is None:
        raise serializers.ValidationError({"form_version": _("There is no consent form of this number.")})
    return text
