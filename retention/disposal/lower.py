"""The stores of the packages below this one, which cannot declare them themselves."""

from dataclasses import replace

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    AccountAct,
    AgentAuthorization,
    AgreementClause,
    AgreementEnding,
    Concealment,
    ConfidentialityAgreement,
    CustomerOpening,
    Guardianship,
    OnwardRecipient,
    OutboxMessage,
    Recipient,
    RecipientAgreement,
    RecipientContact,
    RecipientIncident,
    RecipientNotice,
    RecipientSite,
    ReturnCertificate,
    ValueReveal,
)
from energy.models import ImportFinding, ImportRun, ReadingOverride, Receipt, Series
from protection.days import start_of
from retention.disposal.files import FileStore, LooseFiles
from retention.disposal.registry import keep, register
from retention.disposal.rowstores import RowStore

_DEACTIVATED = Subquery(
    AccountAct.objects.filter(row_uuid=OuterRef("user__uuid"), kind="user.deactivated")
    .order_by("-created_at")
    .values("created_at")[:1]
)
_OF_NOBODY_ACTIVE = Q(user__is_active=False)

register(
    RowStore("readings", ReadingOverride, "day", customer="account__customer", is_clock_a_date=True),
    RowStore("sessions", Session, "expire_date"),
    RowStore("sessions", UserSession, "last_seen_at"),
    RowStore("sessions", EmailConfirmation, "created"),
    RowStore("sessions", Token, "expires_at"),
    RowStore("sessions", Authenticator, _DEACTIVATED, condition=_OF_NOBODY_ACTIVE),
    RowStore("sessions", EmailAddress, _DEACTIVATED, condition=_OF_NOBODY_ACTIVE),
    RowStore("access_log", CustomerOpening, "created_at", customer="customer"),
    RowStore("access_log", ValueReveal, "created_at", customer="customer"),
    RowStore("access_log", Concealment, "ended_at", customer="customer"),
    RowStore("imports", ImportRun, "finished_at", customer="account__customer", with_rows=((ImportFinding, "run"),)),
    RowStore("imports", Receipt, "created_at", customer="account__customer", leaves_tombstone=True),
    FileStore(RowStore("import_originals", ImportRun, "finished_at", customer="account__customer"), "original"),
    LooseFiles("import_originals"),
    LooseFiles("export_files", only_unnamed=False),
    LooseFiles("evidence"),
    RowStore("messages", OutboxMessage, "created_at", customer="customer", condition=Q(settled_at__isnull=False)),
)
_RECIPIENTS_AGREEMENTS = RowStore(
    "agreements",
    RecipientAgreement,
    "valid_to",
    is_clock_a_date=True,
    with_rows=((AgreementClause, "agreement"), (AgreementEnding, "agreement")),
)
_CERTIFICATES = RowStore("agreements", ReturnCertificate, "agreement__valid_to", is_clock_a_date=True)
_STAFFS_AGREEMENTS = RowStore("agreements", ConfidentialityAgreement, "valid_to", is_clock_a_date=True)
register(
    RowStore("agreements", RecipientNotice, "created_at"),
    FileStore(_CERTIFICATES, "document"),
    _CERTIFICATES,
    _RECIPIENTS_AGREEMENTS,
    FileStore(_RECIPIENTS_AGREEMENTS, "document"),
    _STAFFS_AGREEMENTS,
    FileStore(_STAFFS_AGREEMENTS, "document"),
    RowStore("agreements", RecipientIncident, "closed_at"),
    RowStore(
        "agreements",
        Recipient,
        "stopped_at",
        with_rows=((RecipientContact, "recipient"), (RecipientSite, "recipient"), (OnwardRecipient, "recipient")),
    ),
    RowStore(
        "agreements", AccountAct, "created_at", condition=Q(customer__isnull=True), leaves_tombstone=True, part="others"
    ),
)
# A proof stays as long as a membership or a consent rests on it, and then as long as consents do.
_GUARDIANSHIPS = RowStore("consents", Guardianship, "ended_at", customer="customer")
_AUTHORIZATIONS = RowStore(
    "consents", AgentAuthorization, Coalesce("revoked_at", start_of(F("valid_to"))), customer="customer"
)
register(
    _GUARDIANSHIPS,
    _AUTHORIZATIONS,
    FileStore(replace(_GUARDIANSHIPS, retention_class="evidence"), "document"),
    FileStore(replace(_AUTHORIZATIONS, retention_class="evidence"), "document"),
)
keep(Series, _("Says from which day to which readings are stored; it is trimmed when their months go."))
keep(Client, _("A program's own registration, which names no person; an administrator removes it."))
