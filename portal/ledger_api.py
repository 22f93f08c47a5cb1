"""The ledger for an auditor's own tools: checkpoints, entries, proofs. Pages go on where the one before ended."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_409_CONFLICT
from rest_framework.viewsets import ViewSet

from accounts.permissions import token_with
from ledger.errors import NotProvableError
from ledger.models import Checkpoint, Entry, SealedEntry
from ledger.opening import row_that_made
from ledger.proving import entry_line, prove_entries, prove_range

_READ = token_with(read="ledger:read", write="ledger:read")
_MOST_ENTRIES = 1000


class NotSealedError(APIException):
    """What was asked for is not sealed yet."""

    status_code = HTTP_409_CONFLICT
    default_detail = "Not all of this is sealed yet. Sealing takes about half a minute; try again then."
    default_code = "not_sealed"


class PageSerializer(serializers.Serializer[Any]):
    """Where a page begins and how long it is."""

    cursor = serializers.IntegerField(required=False, min_value=1, help_text="As `next` of the page before has it.")
    limit = serializers.IntegerField(default=100, min_value=1, max_value=_MOST_ENTRIES)


class EntryFilterSerializer(PageSerializer):
    """Which entries."""

    kind = serializers.RegexField(r"^[a-z_]+(\.[a-z_]+)*$", max_length=60, required=False, help_text="As it begins.")


class RangeSerializer(serializers.Serializer[Any]):
    """A range of the log: from `start` up to, not including, `end`."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is no range, or too long a one for one answer."""
        if not attrs["start"] < attrs["end"] <= attrs["start"] + _MOST_ENTRIES:
            raise serializers.ValidationError({"end": f"A range has 1 to {_MOST_ENTRIES} entries."})
        return attrs


class CheckpointSerializer(serializers.Serializer[Checkpoint]):
    """A signed checkpoint; `text` is what the signature covers."""

    size = serializers.IntegerField()
    root_hash = serializers.CharField(source="root_hex", help_text="In hexadecimal digits.")
    created_at = serializers.DateTimeField()
    text = serializers.CharField()


class CheckpointPageSerializer(serializers.Serializer[Any]):
    """A page of checkpoints, the newest first."""

    next = serializers.IntegerField(allow_null=True)
    results = CheckpointSerializer(many=True)


class EntrySerializer(serializers.Serializer[Entry]):
    """An entry, closed; `log_index` is null until it is sealed."""

    entry = serializers.IntegerField(source="pk")
    created_at = serializers.DateTimeField()
    kind = serializers.CharField()
    subject = serializers.SerializerMethodField()
    commitment = serializers.SerializerMethodField()
    log_index = serializers.IntegerField(source="sealed.log_index", default=None, allow_null=True)

    def get_subject(self, entry: Entry) -> str:
        """Return the subject tag in hexadecimal digits."""
        return bytes(entry.subject_tag).hex()

    def get_commitment(self, entry: Entry) -> str:
        """Return the commitment in hexadecimal digits."""
        return bytes(entry.commitment).hex()


class EntryPageSerializer(serializers.Serializer[Any]):
    """A page of entries, the newest first."""

    next = serializers.IntegerField(allow_null=True)
    results = EntrySerializer(many=True)


class ProvenSerializer(serializers.Serializer[Any]):
    """An entry line, opened where it can be, with its proof (docs/ledger-format.md, sections 5 and 6)."""

    line = serializers.DictField()
    proof = serializers.DictField()


class ProvenRangeSerializer(serializers.Serializer[Any]):
    """The closed entry lines of a range with the proof that none is missing."""

    lines = serializers.ListField(child=serializers.DictField())
    proof = serializers.DictField()


class CheckpointViewSet(ViewSet):
    """Read the ledger's signed checkpoints."""

    permission_classes = (_READ,)

    @extend_schema(parameters=[PageSerializer], responses={200: CheckpointPageSerializer})
    def list(self, request: Request) -> Response:
        """List them, the newest first; the cursor is a size."""
        page = _valid(PageSerializer, request)
        found = Checkpoint.objects.order_by("-size")
        if "cursor" in page:
            found = found.filter(size__lt=page["cursor"])
        rows = list(found[: page["limit"]])
        following = rows[-1].size if len(rows) == page["limit"] else None
        return Response(CheckpointPageSerializer({"next": following, "results": rows}).data)


class EntryViewSet(ViewSet):
    """Read the ledger's entries, and have them proven."""

    permission_classes = (_READ,)
    lookup_field = "entry"
    lookup_value_converter = "int"

    @extend_schema(parameters=[EntryFilterSerializer], responses={200: EntryPageSerializer})
    def list(self, request: Request) -> Response:
        """List them closed, the newest first; the cursor is an entry."""
        page = _valid(EntryFilterSerializer, request)
        found = Entry.objects.select_related("sealed").order_by("-pk")
        if "cursor" in page:
            found = found.filter(pk__lt=page["cursor"])
        if page.get("kind"):
            found = found.filter(kind__startswith=page["kind"])
        rows = list(found[: page["limit"]])
        following = rows[-1].pk if len(rows) == page["limit"] else None
        return Response(EntryPageSerializer({"next": following, "results": rows}).data)

    @extend_schema(
        parameters=[OpenApiParameter("entry", int, OpenApiParameter.PATH)], responses={200: ProvenSerializer}
    )
    def retrieve(self, request: Request, entry: int) -> Response:
        """Hand out one with the proof that it is in the log; 409 while it is not sealed."""
        found = Entry.objects.filter(pk=entry).first()
        if found is None:
            raise NotFound
        sealed = SealedEntry.objects.select_related("entry").filter(entry=entry).first()
        if sealed is None:
            raise NotSealedError
        return Response({"line": entry_line(sealed, row_that_made(entry)), "proof": _proven([sealed.log_index])})


class RangeViewSet(ViewSet):
    """Have a range of the log proven whole."""

    permission_classes = (_READ,)

    @extend_schema(parameters=[RangeSerializer], responses={200: ProvenRangeSerializer})
    def list(self, request: Request) -> Response:
        """Hand out the closed entries of a range with the proof that none is missing or altered."""
        asked = _valid(RangeSerializer, request)
        start, end = asked["start"], asked["end"]
        try:
            proof = prove_range(start, end).as_json()
        except NotProvableError as error:
            raise NotSealedError from error
        rows = SealedEntry.objects.select_related("entry").filter(log_index__gte=start, log_index__lt=end)
        return Response({"lines": [entry_line(row) for row in rows.order_by("log_index")], "proof": proof})


def _valid(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _proven(indexes: list[int]) -> dict[str, Any]:
    try:
        return prove_entries(indexes).as_json()
    except NotProvableError as error:
        raise NotSealedError from error
