from typing import Any, cast
from uuid import UUID, uuid5

from allauth.idp.oidc.models import Token
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_409_CONFLICT
from rest_framework.viewsets import GenericViewSet

from accounts.errors import NotAllowedError
from accounts.permissions import token_with
from consent.errors import ConsentError, NotGrantedError, RecipientStoppedError, RequestReusedError
from consent.models import Consent
from consent.selectors import search_consents, usage_point_uuids
from consent.serializers import (
    ConsentDetailSerializer,
    ConsentFilterSerializer,
    ConsentGrantSerializer,
    ConsentSerializer,
    ConsentWithdrawSerializer,
)
from consent.services import grant_consent, withdraw_consent
from ledger.actor import Actor
from protection.clock import provider_today

_REQUESTS = UUID("6f6f1f0e-5d1c-4a8e-9d0c-1c8a6e0d2b57")
"""The namespace in which a client's Idempotency-Key becomes a request id, so that clients cannot collide."""
_CONFLICTS = (NotGrantedError, RecipientStoppedError, RequestReusedError)
_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Sent again with the same content, the first answer's consent comes back and nothing is logged twice.",
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
        asked = ConsentFilterSerializer(data=self.request.query_params)
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

    @extend_schema(request=ConsentWithdrawSerializer, responses={200: ConsentDetailSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, uuid: UUID) -> Response:
        """Withdraw a consent; it counts from the next release on. Withdrawing again changes nothing."""
        asked = ConsentWithdrawSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            consent = withdraw_consent(consent=self.get_object(), by=_actor(request), **asked.validated_data)
        except (ConsentError, NotAllowedError) as error:
            raise _refusal(error) from error
        return Response(self.get_serializer(consent).data)


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
