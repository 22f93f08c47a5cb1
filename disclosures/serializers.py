"""The shape of releases and of the disclosure history for other systems. Periods are half-open: an end is not in it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Account, Customer, Recipient
from consent.models import Purpose
from disclosures.history import HistoryFilter, Outcome, Via
from disclosures.models import Channel, Format, HistoryExport, LegalBasis, LegalDemand, Package, Release
from disclosures.requesters import Requester
from disclosures.selectors import lines_of
from protection.datamap import DataClass
from protection.evidence import CleanEvidence, check_evidence
from protection.evidence.errors import EvidenceError


class ConditionSerializer(serializers.Serializer[Any]):
    """One thing that a release lacks, and what to do about it."""

    code = serializers.CharField()
    message = serializers.CharField()
    action = serializers.CharField()


class ShareSerializer(serializers.Serializer[Any]):
    """What would go out of one customer."""

    customer = serializers.UUIDField(source="customer.uuid")
    field_ids = serializers.ListField(child=serializers.CharField())
    data_from = serializers.DateField()
    data_to = serializers.DateField()


class DecisionSerializer(serializers.Serializer[Any]):
    """What the gate says."""

    allowed = serializers.BooleanField()
    effective_field_ids = serializers.ListField(child=serializers.CharField())
    withheld_field_ids = serializers.ListField(child=serializers.CharField())
    shares = ShareSerializer(many=True)
    missing = ConditionSerializer(many=True)


class DenialSerializer(serializers.Serializer[Any]):
    """A refused release, as it is kept."""

    uuid = serializers.UUIDField()
    missing = ConditionSerializer(many=True)


class RequesterSerializer(serializers.Serializer[Any]):
    """Who asks for the recipient; needed for legal process, agencies and emergencies. A call needs `call_back`."""

    name = serializers.CharField(max_length=200)
    authority = serializers.CharField(max_length=300)
    delivery_address = serializers.CharField(max_length=300)
    channel = serializers.ChoiceField(choices=Channel.choices, default=Channel.WRITTEN)
    call_back = serializers.CharField(max_length=300, required=False, default="")


class ReleaseRequestSerializer(serializers.Serializer[Any]):
    """What is asked of the gate. Send it as multipart/form-data where the basis needs a document."""

    customers = serializers.SlugRelatedField(
        slug_field="uuid", queryset=Customer.objects.order_by("pk"), many=True, required=False, help_text="UUIDs."
    )
    accounts = serializers.SlugRelatedField(
        slug_field="number",
        queryset=Account.objects.select_related("customer").order_by("pk"),
        many=True,
        required=False,
        help_text="Numbers; instead of `customers`, or to narrow them to some of their accounts.",
    )
    recipient = serializers.SlugRelatedField(slug_field="uuid", queryset=Recipient.objects.order_by("pk"))
    purpose = serializers.SlugRelatedField(slug_field="code", queryset=Purpose.objects.order_by("pk"))
    basis = serializers.SlugRelatedField(slug_field="code", queryset=LegalBasis.objects.order_by("pk"))
    field_ids = serializers.ListField(child=serializers.CharField(max_length=80), allow_empty=False, max_length=200)
    data_from = serializers.DateField()
    data_to = serializers.DateField(help_text="The first day that is no longer in it.")
    format = serializers.ChoiceField(choices=Format.choices, default=Format.CSV)
    reason = serializers.CharField(max_length=500)
    notice_served_on = serializers.DateField(required=False, allow_null=True, default=None)
    demand = serializers.SlugRelatedField(
        slug_field="uuid",
        queryset=LegalDemand.objects.order_by("pk"),
        required=False,
        allow_null=True,
        default=None,
        help_text="The legal demand on which a basis of legal process rests.",
    )
    document = serializers.FileField(required=False, allow_null=True, default=None)
    requester = RequesterSerializer(required=False, allow_null=True, default=None)

    def validate_requester(self, given: dict[str, str] | None) -> Requester | None:
        """Return who asks, as the gate takes it."""
        return Requester(**given) if given else None

    def validate_document(self, upload: Any) -> CleanEvidence | None:
        """Judge the document by its content."""
        if upload is None:
            return None
        try:
            return check_evidence(upload)
        except EvidenceError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Name the customers, by themselves or by their accounts."""
        accounts = attrs.get("accounts", [])
        customers = attrs.get("customers") or [account.customer for account in accounts]
        if not customers:
            raise serializers.ValidationError({"customers": _("Name at least one customer or account.")})
        attrs["customers"] = tuple(dict.fromkeys(customers))
        attrs["account_ids"] = tuple(account.pk for account in attrs.pop("accounts", []))
        return attrs


class PackageSerializer(serializers.Serializer[Package]):
    """The file of a release."""

    uuid = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Package.Status.choices)
    problem = serializers.CharField()
    progress = serializers.FloatField()
    expires_at = serializers.DateTimeField()
    downloads_max = serializers.IntegerField()
    sha256 = serializers.CharField(source="built.sha256", default=None)


class ReleaseSerializer(serializers.Serializer[Release]):
    """A release with its lines and its file."""

    uuid = serializers.UUIDField()
    decided_at = serializers.DateTimeField()
    recipient = serializers.UUIDField(source="recipient.uuid", default=None)
    purpose = serializers.CharField(source="purpose.code", default=None)
    basis = serializers.CharField(source="basis.code")
    citation = serializers.CharField(source="basis.citation")
    field_ids = serializers.ListField(child=serializers.CharField())
    data_from = serializers.DateField()
    data_to = serializers.DateField()
    format = serializers.CharField()
    reason = serializers.CharField()
    ledger_entry = serializers.IntegerField(source="entry_id")
    package = PackageSerializer()
    line_count = serializers.IntegerField()
    lines = serializers.SerializerMethodField(help_text="The first 1,000 of them.")

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_lines(self, release: Release) -> list[dict[str, Any]]:
        """Return what went out of each customer."""
        return [
            {
                "customer": str(share.line.customer.uuid),
                "accounts": list(share.account_numbers),
                "field_ids": share.line.field_ids,
                "data_from": share.line.data_from.isoformat(),
                "data_to": share.line.data_to.isoformat(),
                "ledger_entry": share.line.entry_id,
            }
            for share in lines_of(release, limit=1000)
        ]


class HistoryFilterSerializer(serializers.Serializer[Any]):
    """Which part of the history: decided from the day `from` to before the day `to`, and the parties."""

    from_ = serializers.DateField(required=False)
    to = serializers.DateField(required=False)
    account = serializers.SlugRelatedField(slug_field="number", queryset=Account.objects.order_by("pk"), required=False)
    recipient = serializers.SlugRelatedField(
        slug_field="uuid", queryset=Recipient.objects.order_by("pk"), required=False
    )
    purpose = serializers.SlugRelatedField(slug_field="code", queryset=Purpose.objects.order_by("pk"), required=False)
    basis = serializers.SlugRelatedField(slug_field="code", queryset=LegalBasis.objects.order_by("pk"), required=False)
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome], required=False)
    customer = serializers.SlugRelatedField(slug_field="uuid", queryset=Customer.objects.order_by("pk"), required=False)
    jurisdiction = serializers.CharField(max_length=40, required=False, help_text="Of the legal basis.")
    data_class = serializers.ChoiceField(choices=[each.value for each in DataClass], required=False)
    field = serializers.CharField(max_length=80, required=False, help_text="The id of a field, as in `fields`.")
    actor = serializers.CharField(max_length=100, required=False, help_text="A part of the name of who asked.")
    via = serializers.ChoiceField(choices=[each.value for each in Via], required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Name the first day `from`, which Python uses for another thing."""
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that runs backwards."""
        if "from" in attrs and "to" in attrs and attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": _("The end must come after the first day.")})
        return attrs

    def filters(self) -> HistoryFilter:
        """Return the filter of valid parameters."""
        given = {name: value for name, value in self.validated_data.items() if name in HistoryFilter.__slots__}
        if "outcome" in given:
            given["outcome"] = Outcome(given["outcome"])
        return HistoryFilter(from_=self.validated_data.get("from"), **given)


class HistoryPageFilterSerializer(HistoryFilterSerializer):
    """The same, page by page."""

    cursor = serializers.IntegerField(required=False, min_value=1, help_text="As `next` of the page before has it.")
    limit = serializers.IntegerField(default=100, min_value=1, max_value=1000)


class HistoryRowSerializer(serializers.Serializer[Any]):
    """One disclosure of one customer's data, or one refused release, as `HistoryRow.as_json` writes it."""

    entry = serializers.IntegerField(help_text="The ledger entry.")
    at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    request = serializers.UUIDField(help_text="The release, or the refused release.")
    customers = serializers.ListField(child=serializers.UUIDField())
    accounts = serializers.ListField(child=serializers.CharField())
    recipient = serializers.CharField(allow_null=True)
    recipient_uuid = serializers.UUIDField(allow_null=True)
    purpose = serializers.CharField(allow_null=True)
    basis = serializers.CharField()
    citation = serializers.CharField()
    fields_ = serializers.ListField(child=serializers.CharField())
    data_from = serializers.DateField()
    data_to = serializers.DateField()
    format = serializers.CharField()
    reason = serializers.CharField()
    by = serializers.CharField()
    consent = serializers.UUIDField(allow_null=True)
    missing = serializers.ListField(child=serializers.DictField())

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Name the list of fields `fields`, which a serializer itself uses for another thing."""
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class HistoryPageSerializer(serializers.Serializer[Any]):
    """A page of the history, and the cursor of the next one."""

    next = serializers.IntegerField(allow_null=True)
    results = HistoryRowSerializer(many=True)


class HistoryExportRequestSerializer(HistoryFilterSerializer):
    """What an export contains, and what it is for."""

    reason = serializers.CharField(max_length=500)
    workbook = serializers.BooleanField(default=False, help_text="Whether the table comes as XLSX, too.")


class HistoryExportSerializer(serializers.Serializer[HistoryExport]):
    """An export of the disclosure history."""

    uuid = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    filters = serializers.DictField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=HistoryExport.Status.choices)
    problem = serializers.CharField()
    fetchable_until = serializers.DateTimeField(allow_null=True)
    record_count = serializers.IntegerField(source="built.record_count", default=None)
    manifest = serializers.DictField(source="built.manifest", default=None)
