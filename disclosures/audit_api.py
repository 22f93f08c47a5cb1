"""What an auditor's own tools read beside the history: the refusals with every missing condition."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import token_with
from disclosures.models import ReleaseDenial


class MissingSerializer(serializers.Serializer[Any]):
    """One condition that a refused request lacked, as it was kept."""

    code = serializers.CharField()


class RefusalSerializer(serializers.Serializer[ReleaseDenial]):
    """A refused release: what was asked of the gate, by whom, and what was missing."""

    uuid = serializers.UUIDField()
    decided_at = serializers.DateTimeField()
    recipient = serializers.UUIDField(source="recipient.uuid", default=None)
    purpose = serializers.CharField(source="purpose.code", default=None)
    basis = serializers.CharField(source="basis.code")
    citation = serializers.CharField(source="basis.citation")
    field_ids = serializers.ListField(child=serializers.CharField())
    data_from = serializers.DateField()
    data_to = serializers.DateField()
    reason = serializers.CharField()
    by = serializers.CharField(source="actor_name")
    ledger_entry = serializers.IntegerField(source="entry_id")
    missing = MissingSerializer(source="conditions", many=True)


class RefusalPagination(CursorPagination):
    """Pages of refusals, the newest first."""

    ordering = ("-decided_at", "-pk")


class ReleaseDenialViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[ReleaseDenial]):
    """Read what the gate refused."""

    permission_classes = (token_with(read="disclosures:read", write="disclosures:read"),)
    serializer_class = RefusalSerializer
    pagination_class = RefusalPagination
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[ReleaseDenial]:
        return ReleaseDenial.objects.select_related("recipient", "purpose", "basis")
