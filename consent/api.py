from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid5

from allauth.idp.oidc.models import Token
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.status import HTTP_201_CREATED, HTTP_409_CONFLICT
from rest_framework.viewsets import GenericViewSet

from accounts.errors import NotAllowedError
from accounts.permissions import token_with
from consent.errors import ConsentError, NotGrantedError, RecipientStoppedError, RequestReusedError
from consent.models import Consent, ConsentVersion, Receipt
from consent.searching import search_consents
from consent.selectors import covering_version, usage_point_uuids
from consent.serializers import (
    ConsentDetailSerializer,
    ConsentFilterSerializer,
    ConsentGrantSerializer,
    ConsentNarrowSerializer,
    ConsentSerializer,
    ConsentWithdrawSerializer,
    CoverageQuestionSerializer,
    CoverageSerializer,
    ReceiptFilterSerializer,
    ReceiptSerializer,
)
from consent.services import grant_consent, narrow_consent, withdraw_consent
from ledger.actor import Actor
from ledger.signing import document_text
from protection.clock import provider_today

_REQUESTS = UUID("6f6f1f0e-5d1c-4a8e-9d0c-1c8a6e0d2b57")
"""The namespace in which a client's Idempotency-Key becomes a request id, so that clients cannot collide."""
_RECEIPTS_BY = {
    "customer": "customer",
    "recipient": "recipient",
    "consent": "version__consent",
    "kind": "version__kind",
}
_CONFLICTS = (NotGrantedError, RecipientStoppedError, RequestReusedError)
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same content, it brings the same consent, and nothing is done twice.",
)
_REFUSALS = {
    400: OpenApiResponse(description="Some input is missing or wrong; each is named with what to do."),
    403: OpenApiResponse(description="The token lacks the scope, or its owner a confidentiality agreement."),
    409: OpenApiResponse(description="It contradicts what is there; `detail` says what to do."),
}


class ConflictError(APIException):
    """The request contradicts the state of things (RFC 9110, 15.5.10)."""

    status_code = HTTP_409_CONFLICT
    default_code = "conflict"


class ConsentPagination(CursorPagination):
    """Pages of consents, the latest changed first."""

    ordering = ("-changed_at", "-pk")


class ConsentViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Consent]):
    """Log written consents, read them, withdraw them; the same services as behind the pages."""

    permission_classes = (token_with(read="consents:read", write="consents:write"),)
    serializer_class = ConsentSerializer
    pagination_class = ConsentPagination
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Consent]:
        asked = ConsentFilterSerializer(data=self.request.query_params if self.action == "list" else {})
        asked.is_valid(raise_exception=True)
        return search_consents(day=provider_today(), **asked.validated_data)

    def get_serializer_class(self) -> Any:
        return ConsentSerializer if self.action == "list" else ConsentDetailSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer with what it needs to know of all its consents, asked for once."""
        context = dict(self.get_serializer_context())
        if args:
            consents = args[0] if kwargs.get("many") else args
            context |= {"today": provider_today(), "usage_points": usage_point_uuids(consents)}
        kwargs["context"] = context
        return self.get_serializer_class()(*args, **kwargs)

    @extend_schema(parameters=[ConsentFilterSerializer], responses={200: ConsentSerializer(many=True), **_REFUSALS})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List consents, the latest changed first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request={"multipart/form-data": ConsentGrantSerializer, "application/json": ConsentGrantSerializer},
        responses={201: ConsentDetailSerializer, **_REFUSALS},
        parameters=[_KEY],
    )
    def create(self, request: Request) -> Response:
        """Log a written consent."""
        asked = ConsentGrantSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            consent = grant_consent(by=_actor(request), request_id=_request_id(request), **asked.validated_data)
        except (ConsentError, NotAllowedError) as error:
            raise _refusal(error) from error
        return Response(self.get_serializer(consent).data, status=HTTP_201_CREATED)

    @extend_schema(
        request=ConsentWithdrawSerializer, responses={200: ConsentDetailSerializer, **_REFUSALS}, parameters=[_KEY]
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: UUID) -> Response:
        """Withdraw a consent; it counts from the next release on. Withdrawing again changes nothing."""
        return self._change(request, ConsentWithdrawSerializer, withdraw_consent)

    @extend_schema(
        request=ConsentNarrowSerializer, responses={200: ConsentDetailSerializer, **_REFUSALS}, parameters=[_KEY]
    )
    @action(detail=True, methods=["post"])
    def narrow(self, request: Request, uuid: UUID) -> Response:
        """Make a consent cover less, as the customer asked; what would make it wider is refused."""
        return self._change(request, ConsentNarrowSerializer, narrow_consent)

    @extend_schema(parameters=[CoverageQuestionSerializer], responses={200: CoverageSerializer, **_REFUSALS})
    @action(detail=False, methods=["get"], pagination_class=None)
    def covering(self, request: Request) -> Response:
        """Say whether one consent covers all of this now. The gate decides anew when data is released."""
        question = CoverageQuestionSerializer(data=_with_lists(request.query_params))
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        found = covering_version(
            **{f"{name}_id": asked.pop(name).pk for name in ("customer", "recipient", "purpose")},
            usage_point_ids=[point.pk for point in asked.pop("usage_points", [])],
            **asked,
        )
        version = ConsentVersion.objects.select_related("consent").filter(pk=found).first() if found else None
        answer = {
            "is_covered": version is not None,
            "consent": version and version.consent.uuid,
            "version": version and version.number,
        }
        return Response(CoverageSerializer(answer).data)

    def _change(self, request: Request, serializer: type[Serializer[Any]], change: Callable[..., Consent]) -> Response:
        asked = serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = {"by": _actor(request), "request_id": _request_id(request), **asked.validated_data}
        try:
            consent = change(consent=self.get_object(), **made)
        except (ConsentError, NotAllowedError) as error:
            raise _refusal(error) from error
        return Response(self.get_serializer(consent).data)


class ReceiptPagination(CursorPagination):
    """Pages of receipts, the latest first."""

    ordering = ("-created_at", "-pk")


class ReceiptViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Receipt]):
    """Read the signed receipts of what was done to consents."""

    permission_classes = (token_with(read="consents:read", write="consents:write"),)
    serializer_class = ReceiptSerializer
    pagination_class = ReceiptPagination
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Receipt]:
        asked = ReceiptFilterSerializer(data=self.request.query_params if self.action == "list" else {})
        asked.is_valid(raise_exception=True)
        conditions = {_RECEIPTS_BY[name]: value for name, value in asked.validated_data.items()}
        joined = ("version__consent", "customer", "recipient")
        return Receipt.objects.filter(**conditions).select_related(*joined).order_by("-created_at", "-pk")

    @extend_schema(parameters=[ReceiptFilterSerializer], responses={200: ReceiptSerializer(many=True), **_REFUSALS})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List receipts, the latest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"], pagination_class=None)
    def document(self, request: Request, uuid: UUID) -> HttpResponse:
        """Return the signed document as it stands, for `python -m ledger.verify`."""
        return HttpResponse(document_text(self.get_object().document), content_type="application/json")


def _with_lists(given: QueryDict) -> dict[str, Any]:
    """Return a query as a body would be: some inputs are lists, however many came."""
    lists = {"field_ids", "usage_points"} & given.keys()
    return {name: given.getlist(name) if name in lists else given[name] for name in given}


def _actor(request: Request) -> Actor:
    return cast(Actor, request._request.actor)  # type: ignore[attr-defined]


def _request_id(request: Request) -> UUID | None:
    key = request.headers.get("Idempotency-Key", "")
    return uuid5(_REQUESTS, f"{cast(Token, request.auth).client_id} {key}") if key else None


def _refusal(error: ConsentError | NotAllowedError) -> APIException:
    """Return what the API answers: 403 without the right, 409 on a contradiction, else 400 at the input's name."""
    if isinstance(error, NotAllowedError):
        return PermissionDenied(str(error))
    if isinstance(error, _CONFLICTS):
        return ConflictError(str(error))
    return ValidationError({_INPUT_OF.get(error.field, error.field) or "non_field_errors": [str(error)]})


_INPUT_OF = {"usage_point_ids": "usage_points", "notice_text": "form_version"}
