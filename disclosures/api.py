from typing import Any, cast
from uuid import UUID, uuid5

from allauth.idp.oidc.models import Token
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED, HTTP_409_CONFLICT
from rest_framework.viewsets import GenericViewSet, ViewSet

from accounts.permissions import token_with
from disclosures.conditions import from_json
from disclosures.errors import DisclosureError, ExportGoneError, NotAllowedError, ReleaseDenied, RequestReusedError
from disclosures.gate import ReleaseRequest
from disclosures.models import HistoryExport, Release
from disclosures.selectors import history
from disclosures.serializers import (
    DecisionSerializer,
    DenialSerializer,
    HistoryExportRequestSerializer,
    HistoryExportSerializer,
    HistoryPageFilterSerializer,
    HistoryPageSerializer,
    ReleaseRequestSerializer,
    ReleaseSerializer,
)
from disclosures.services import fetch_export, preview_release, release_disclosure, request_export
from disclosures.tasks import build_history_export, build_release_package
from ledger.actor import Actor
from protection.files import open_file, seal_bytes
from protection.models import SealedFile

_REQUESTS = UUID("0d8f3a52-54c5-4f0e-8f4c-2b7d1c0a9e61")
"""The namespace in which a client's Idempotency-Key becomes a request id, so that clients cannot collide."""
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same content, the first answer comes back and nothing is made twice.",
)
_REFUSALS = {
    400: OpenApiResponse(description="Some input is missing or wrong; each is named with what to do."),
    403: OpenApiResponse(description="The token lacks the scope, or its owner a confidentiality agreement."),
}
_READ = token_with(read="disclosures:read", write="disclosures:read")


class ConflictError(APIException):
    """The request contradicts the state of things (RFC 9110, 15.5.10)."""

    status_code = HTTP_409_CONFLICT
    default_code = "conflict"


class ReleaseViewSet(RetrieveModelMixin, GenericViewSet[Release]):
    """Ask the gate for releases; the same services as behind the pages."""

    permission_classes = (token_with(read="disclosures:read", write="releases:write"),)
    serializer_class = ReleaseSerializer
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.select_related("recipient", "purpose", "basis", "package__built")

    @extend_schema(
        request={"multipart/form-data": ReleaseRequestSerializer, "application/json": ReleaseRequestSerializer},
        responses={201: ReleaseSerializer, 409: DenialSerializer, **_REFUSALS},
        parameters=[_KEY],
    )
    def create(self, request: Request) -> Response:
        """Release data; 409 with every missing condition where the gate refuses, which is kept."""
        asked = _asked(request, is_preview=False)
        try:
            release = release_disclosure(request=asked, by=_actor(request), request_uuid=_request_uuid(request))
        except ReleaseDenied as refused:
            # Returned, not raised: an exception would roll the kept refusal back.
            denial = refused.denial
            answer = DenialSerializer({"uuid": denial.uuid, "missing": from_json(denial.conditions)})
            return Response(answer.data, status=HTTP_409_CONFLICT)
        except DisclosureError as error:
            raise _refusal(error) from error
        transaction.on_commit(lambda: build_release_package.delay(release.pk), robust=True)
        return Response(self.get_serializer(release).data, status=HTTP_201_CREATED)

    @extend_schema(
        request={"multipart/form-data": ReleaseRequestSerializer, "application/json": ReleaseRequestSerializer},
        responses={200: DecisionSerializer, **_REFUSALS},
    )
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Say what a release would let out, or all that it lacks; nothing is changed or kept."""
        try:
            decision = preview_release(request=_asked(request, is_preview=True), by=_actor(request))
        except DisclosureError as error:
            raise _refusal(error) from error
        return Response(DecisionSerializer(decision).data)


class DisclosureViewSet(ViewSet):
    """Read the disclosure history."""

    permission_classes = (_READ,)

    @extend_schema(parameters=[HistoryPageFilterSerializer], responses={200: HistoryPageSerializer, **_REFUSALS})
    def list(self, request: Request) -> Response:
        """List releases (one row a customer) and refusals, the newest first; `next` is the cursor of the next page."""
        asked = HistoryPageFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        limit = asked.validated_data["limit"]
        rows = history(asked.filters()).before(asked.validated_data.get("cursor"), limit)
        following = rows[-1].entry_id if len(rows) == limit else None
        return Response({"next": following, "results": [row.as_json() for row in rows]})


class ExportPagination(CursorPagination):
    """Pages of exports, the newest first."""

    ordering = ("-created_at", "-pk")


class HistoryExportViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[HistoryExport]):
    """Have the disclosure history exported with a signed manifest, and fetch it."""

    permission_classes = (_READ,)
    serializer_class = HistoryExportSerializer
    pagination_class = ExportPagination
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[HistoryExport]:
        return HistoryExport.objects.select_related("built__archive")

    @extend_schema(
        request=HistoryExportRequestSerializer,
        responses={202: HistoryExportSerializer, **_REFUSALS},
        parameters=[_KEY],
    )
    def create(self, request: Request) -> Response:
        """Ask for an export; it is built in the background."""
        asked = HistoryExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            export = request_export(
                filters=asked.filters(),
                reason=asked.validated_data["reason"],
                has_workbook=asked.validated_data["workbook"],
                by=_actor(request),
                request_uuid=_request_uuid(request),
            )
        except DisclosureError as error:
            raise _refusal(error) from error
        transaction.on_commit(lambda: build_history_export.delay(export.pk), robust=True)
        return Response(self.get_serializer(export).data, status=HTTP_202_ACCEPTED)

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def archive(self, request: Request, uuid: UUID) -> FileResponse:
        """Fetch the archive: CSV, JSON Lines and the signed manifest."""
        export = self.get_object()
        try:
            archive = fetch_export(export=export, by=_actor(request))
        except ExportGoneError as error:
            raise NotFound(str(error)) from error
        return FileResponse(
            open_file(archive), as_attachment=True, filename=archive.name, content_type=archive.content_type
        )


def _asked(request: Request, *, is_preview: bool) -> ReleaseRequest:
    asked = ReleaseRequestSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    data: dict[str, Any] = dict(asked.validated_data)
    data.pop("accounts", None)
    clean = data.pop("document")
    document = None
    if clean is not None:
        document = (
            SealedFile()
            if is_preview
            else seal_bytes(clean.content, name=clean.name, content_type=clean.content_type, retention_class="evidence")
        )
    return ReleaseRequest(**{**data, "field_ids": tuple(data["field_ids"]), "document": document})


def _actor(request: Request) -> Actor:
    return cast(Actor, request._request.actor)  # type: ignore[attr-defined]


def _request_uuid(request: Request) -> UUID | None:
    key = request.headers.get("Idempotency-Key", "")
    return uuid5(_REQUESTS, f"{cast(Token, request.auth).client_id} {key}") if key else None


def _refusal(error: DisclosureError) -> APIException:
    if isinstance(error, NotAllowedError):
        return PermissionDenied(str(error))
    if isinstance(error, RequestReusedError):
        return ConflictError(str(error))
    return ValidationError({"non_field_errors": [str(error)]})
