"""What this package keeps of people, field by field, and what the third-party apps keep about those who sign in."""

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Account,
    AccountAct,
    AgentAuthorization,
    AgreementClause,
    AgreementEnding,
    Concealment,
    ConfidentialityAgreement,
    Customer,
    CustomerOpening,
    Dispute,
    DisputeWithdrawal,
    FieldConflict,
    FieldSource,
    Guardianship,
    Member,
    OnwardRecipient,
    OutboxMessage,
    Recipient,
    RecipientAgreement,
    RecipientContact,
    RecipientIncident,
    RecipientNotice,
    RecipientSite,
    ReturnCertificate,
    User,
    ValueReveal,
)
from protection.datamap import CorrectionRule, DataClass, Executor, Personal, declare, declare_store

SERVICE = ("provide_service",)
CONTACT = ("provide_service", "inform_customer")
BILLING = ("billing",)

declare(
    Customer,
    retention_class="identity",
    executor=Executor.DESTROY_KEY,
    not_personal=("id", "uuid", "key_id", "tag", "kind", "created_at", "closed_at", "forgotten_at", "key_destroyed_at"),
    personal={
        "name": Personal(
            "customer.name",
            DataClass.IDENTITY,
            label=_("Name on the account"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "email": Personal(
            "customer.email",
            DataClass.CONTACT,
            label=_("E-mail address"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "phone": Personal(
            "customer.phone",
            DataClass.CONTACT,
            label=_("Telephone number"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "mailing_street": Personal(
            "customer.mailing_street",
            DataClass.CONTACT,
            label=_("Mailing address: street and number"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "mailing_city": Personal(
            "customer.mailing_city",
            DataClass.CONTACT,
            label=_("Mailing address: city"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "mailing_region": Personal(
            "customer.mailing_region",
            DataClass.CONTACT,
            label=_("Mailing address: state"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "mailing_postal_code": Personal(
            "customer.mailing_postal_code",
            DataClass.CONTACT,
            label=_("Mailing address: ZIP code"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
            releasable=True,
        ),
        "birth_date": Personal(
            "customer.birth_date",
            DataClass.IDENTITY,
            label=_("Date of birth"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
        ),
        "language": Personal(
            "customer.language",
            DataClass.CONTACT,
            label=_("Language for letters"),
            purposes=CONTACT,
            correction=CorrectionRule.AT_ONCE,
        ),
        "tax_id": Personal(
            "customer.tax_id",
            DataClass.GOVERNMENT_ID,
            label=_("Tax identification number"),
            purposes=BILLING,
            correction=CorrectionRule.AFTER_REVIEW,
            sealed=True,
        ),
        "tax_id_index": Personal(
            "customer.tax_id_index", DataClass.GOVERNMENT_ID, label=_("Index of the tax number"), sealed=True
        ),
        "bank_account": Personal(
            "customer.bank_account",
            DataClass.FINANCIAL,
            label=_("Bank account"),
            purposes=BILLING,
            correction=CorrectionRule.AFTER_REVIEW,
            sealed=True,
        ),
    },
)
declare(
    Account,
    retention_class="identity",
    executor=Executor.DESTROY_KEY,
    not_personal=("id", "uuid", "customer", "created_at"),
    personal={
        "number": Personal(
            "account.number", DataClass.IDENTITY, label=_("Account number"), purposes=SERVICE, releasable=True
        ),
        "service_street": Personal(
            "account.service_street",
            DataClass.CONTACT,
            label=_("Service address: street and number"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "service_city": Personal(
            "account.service_city",
            DataClass.CONTACT,
            label=_("Service address: city"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "service_region": Personal(
            "account.service_region",
            DataClass.CONTACT,
            label=_("Service address: state"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "service_postal_code": Personal(
            "account.service_postal_code",
            DataClass.CONTACT,
            label=_("Service address: ZIP code"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "customer_class": Personal(
            "account.customer_class",
            DataClass.BILLING,
            label=_("Customer class"),
            purposes=SERVICE,
            correction=CorrectionRule.AFTER_REVIEW,
            releasable=True,
        ),
        "climate_zone": Personal(
            "account.climate_zone", DataClass.USAGE, label=_("Climate zone"), purposes=SERVICE, releasable=True
        ),
        "opened_on": Personal("account.opened_on", DataClass.BILLING, label=_("Service since"), purposes=SERVICE),
        "closed_on": Personal("account.closed_on", DataClass.BILLING, label=_("Service until"), purposes=SERVICE),
    },
)
declare(
    Member,
    retention_class="identity",
    not_personal=("id", "created_at", "verified_at", "verified_by", "guardianship", "authorization"),
    personal={
        "account": Personal("member.account", DataClass.IDENTITY, label=_("Account a user belongs to")),
        "user": Personal("member.user", DataClass.IDENTITY, label=_("User of an account")),
        "part": Personal("member.part", DataClass.IDENTITY, label=_("Part in the account")),
        "valid_from": Personal("member.valid_from", DataClass.ACTIVITY, label=_("Member since")),
        "valid_to": Personal("member.valid_to", DataClass.ACTIVITY, label=_("Member until")),
    },
)
declare(
    Guardianship,
    retention_class="consents",
    not_personal=("id", "uuid", "customer", "verified_by", "document", "created_at", "ended_by", "end_cause"),
    personal={
        "guardian": Personal("guardianship.guardian", DataClass.IDENTITY, label=_("Guardian of a minor")),
        "relation": Personal("guardianship.relation", DataClass.IDENTITY, label=_("Relation of a guardian")),
        "proof": Personal("guardianship.proof", DataClass.IDENTITY, label=_("Proof of a guardianship")),
        "identity_document": Personal(
            "guardianship.identity_document", DataClass.IDENTITY, label=_("Kind of a guardian's identity document")
        ),
        "method": Personal("guardianship.method", DataClass.ACTIVITY, label=_("How a guardian was verified")),
        "verified_on": Personal("guardianship.verified_on", DataClass.ACTIVITY, label=_("Day a guardian was verified")),
        "approved_on": Personal("guardianship.approved_on", DataClass.ACTIVITY, label=_("Day a guardian agreed")),
        "valid_from": Personal("guardianship.valid_from", DataClass.ACTIVITY, label=_("Guardian since")),
        "ended_at": Personal("guardianship.ended_at", DataClass.ACTIVITY, label=_("Guardian until")),
        "end_reason": Personal("guardianship.end_reason", DataClass.ACTIVITY, label=_("Why a guardianship ended")),
    },
)
declare(
    AgentAuthorization,
    retention_class="consents",
    not_personal=("id", "uuid", "customer", "document", "recorded_by", "created_at", "revoked_by"),
    personal={
        "agent": Personal("authorization.agent", DataClass.IDENTITY, label=_("Authorised agent")),
        "acts": Personal("authorization.acts", DataClass.ACTIVITY, label=_("What an agent may do")),
        "all_accounts": Personal("authorization.accounts", DataClass.ACTIVITY, label=_("Accounts an agent may act on")),
        "signed_on": Personal("authorization.signed_on", DataClass.ACTIVITY, label=_("Day an agent was authorised")),
        "signer_name": Personal("authorization.signer", DataClass.IDENTITY, label=_("Who authorised an agent")),
        "verification": Personal(
            "authorization.verification", DataClass.IDENTITY, label=_("How the permission for an agent was checked")
        ),
        "identity_document": Personal(
            "authorization.identity_document", DataClass.IDENTITY, label=_("Kind of an agent's identity document")
        ),
        "valid_from": Personal("authorization.valid_from", DataClass.ACTIVITY, label=_("Agent since")),
        "valid_to": Personal("authorization.valid_to", DataClass.ACTIVITY, label=_("Agent until")),
        "revoked_at": Personal("authorization.revoked_at", DataClass.ACTIVITY, label=_("Agent revoked")),
        "revoke_reason": Personal("authorization.reason", DataClass.ACTIVITY, label=_("Why an agent was revoked")),
    },
)
declare(
    User,
    retention_class="identity",
    not_personal=("id", "uuid", "role", "recipient", "is_active", "created_at"),
    personal={
        "email": Personal("user.email", DataClass.CREDENTIAL, label=_("E-mail address to sign in")),
        "name": Personal("user.name", DataClass.IDENTITY, label=_("Name of the user")),
        "language": Personal("user.language", DataClass.CONTACT, label=_("Language of the pages")),
        "password": Personal("user.password", DataClass.CREDENTIAL, label=_("Password (only its hash is kept)")),
        "last_login": Personal("user.last_login", DataClass.ACTIVITY, label=_("Last sign-in")),
    },
)
declare(
    ConfidentialityAgreement,
    retention_class="agreements",
    not_personal=("id", "user", "title", "document", "signed_on", "valid_from", "valid_to", "created_at"),
)
declare(
    Recipient,
    retention_class="agreements",
    not_personal=(
        "id",
        "uuid",
        "tag",
        "legal_name",
        "trade_name",
        "kind",
        "email",
        "phone",
        "postal_address",
        "registered_address",
        "stopped_at",
        "stopped_by",
        "stop_reason",
        "resumed_by",
        "created_at",
    ),
)
declare(
    RecipientAgreement,
    retention_class="agreements",
    not_personal=("id", "uuid", "recipient", "title", "document", "signed_on", "valid_from", "valid_to", "created_at"),
)
declare(
    AgreementClause,
    retention_class="agreements",
    not_personal=("id", "agreement", "code", "is_met", "place", "checked_by", "checked_at"),
)
declare(
    AgreementEnding,
    retention_class="agreements",
    not_personal=("id", "agreement", "former_valid_to", "valid_to", "reason", "ended_by", "created_at"),
)
declare(
    ReturnCertificate,
    retention_class="agreements",
    not_personal=(
        "id",
        "uuid",
        "agreement",
        "what",
        "done_on",
        "signer_name",
        "document",
        "received_by",
        "created_at",
    ),
)
_REMOVED = ("removed_at", "removed_by")
declare(
    RecipientContact,
    retention_class="agreements",
    not_personal=("id", "uuid", "recipient", "part", "name", "email", "phone", "created_at", *_REMOVED),
)
declare(
    RecipientSite,
    retention_class="agreements",
    not_personal=("id", "uuid", "recipient", "label", "address", "created_at", *_REMOVED),
)
declare(
    OnwardRecipient,
    retention_class="agreements",
    not_personal=("id", "uuid", "recipient", "name", "task", "data", "terms", "since", "created_at", *_REMOVED),
)
declare(
    RecipientIncident,
    retention_class="agreements",
    not_personal=(
        "id",
        "uuid",
        "recipient",
        "title",
        "description",
        "happened_on",
        "reported_on",
        "reported_by",
        "created_at",
        "created_by",
        "closed_at",
        "closed_by",
        "outcome",
    ),
)
declare(
    RecipientNotice,
    retention_class="agreements",
    not_personal=(
        "id",
        "uuid",
        "recipient",
        "kind",
        "agreement",
        "created_at",
        "acknowledged_at",
        "acknowledged_by",
    ),
)
declare(
    Concealment,
    retention_class="access_log",
    not_personal=("id", "uuid", "origin", "tag", "end_entry_id", "end_salt"),
    personal={
        "customer": Personal("concealment.customer", DataClass.ACTIVITY, label=_("Who must not be told yet")),
        "began_at": Personal("concealment.began_at", DataClass.ACTIVITY, label=_("When an order not to tell began")),
        "ended_at": Personal("concealment.ended_at", DataClass.ACTIVITY, label=_("When an order not to tell ended")),
        "end_evidence": Personal("concealment.evidence", DataClass.ACTIVITY, label=_("Proof of what was hidden")),
    },
)
declare(
    CustomerOpening,
    retention_class="access_log",
    not_personal=("id", "uuid", "entry_id", "salt", "user", "customer", "concealment", "expires_at"),
    personal={
        "evidence": Personal("opening.evidence", DataClass.ACTIVITY, label=_("Proof of a look at the data")),
        "reason": Personal("opening.reason", DataClass.ACTIVITY, label=_("Why staff looked at the data")),
        "created_at": Personal("opening.created_at", DataClass.ACTIVITY, label=_("When staff looked at the data")),
    },
)
declare(
    ValueReveal,
    retention_class="access_log",
    not_personal=("id", "entry_id", "salt", "user", "customer", "concealment", "field_id"),
    personal={
        "evidence": Personal("reveal.evidence", DataClass.ACTIVITY, label=_("Proof that a value was shown")),
        "reason": Personal("reveal.reason", DataClass.ACTIVITY, label=_("Why a value was shown in full")),
        "created_at": Personal("reveal.created_at", DataClass.ACTIVITY, label=_("When a value was shown in full")),
    },
)
declare(
    AccountAct,
    retention_class="identity",
    not_personal=("id", "entry_id", "salt", "customer", "kind", "row_uuid"),
    personal={
        "evidence": Personal("account_act.evidence", DataClass.ACTIVITY, label=_("Proof of a registration or change")),
        "created_at": Personal("account_act.created_at", DataClass.ACTIVITY, label=_("When it was made or changed")),
    },
)
declare(
    FieldSource,
    retention_class="identity",
    not_personal=("id", "row_uuid", "field_id", "source", "import_run", "is_override", "changed_at"),
    personal={"customer": Personal("field_source.customer", DataClass.ACTIVITY, label=_("Source of a value"))},
)
declare(
    FieldConflict,
    retention_class="identity",
    not_personal=(
        "id",
        "uuid",
        "row_uuid",
        "field_id",
        "import_run",
        "created_at",
        "resolved_at",
        "resolved_by",
        "resolution",
        "customer",
    ),
    personal={
        "current_value": Personal(
            "conflict.current_value", DataClass.CONTACT, label=_("Value kept in a conflict"), sealed=True
        ),
        "offered_value": Personal(
            "conflict.offered_value", DataClass.CONTACT, label=_("Value offered by a feed"), sealed=True
        ),
    },
)
declare(
    Dispute,
    retention_class="rights_requests",
    not_personal=("id", "uuid", "entry_id", "salt", "customer", "row_uuid", "field_id", "correction_uuid"),
    personal={
        "statement": Personal(
            "dispute.statement",
            DataClass.ACTIVITY,
            label=_("Statement of disagreement"),
            purposes=("legal_obligation",),
        ),
        "evidence": Personal(
            "dispute.evidence",
            DataClass.ACTIVITY,
            label=_("Proof of a statement of disagreement"),
            purposes=("legal_obligation",),
        ),
        "created_at": Personal(
            "dispute.created_at",
            DataClass.ACTIVITY,
            label=_("When a disagreement was stated"),
            purposes=("legal_obligation",),
        ),
    },
)
declare(
    DisputeWithdrawal,
    retention_class="rights_requests",
    not_personal=("id", "uuid", "entry_id", "salt", "dispute"),
    personal={
        "evidence": Personal(
            "dispute_withdrawal.evidence",
            DataClass.ACTIVITY,
            label=_("Proof that a disagreement was withdrawn"),
            purposes=("legal_obligation",),
        ),
        "created_at": Personal(
            "dispute_withdrawal.created_at",
            DataClass.ACTIVITY,
            label=_("When a disagreement was withdrawn"),
            purposes=("legal_obligation",),
        ),
    },
)
declare(
    OutboxMessage,
    retention_class="messages",
    not_personal=(
        "id",
        "uuid",
        "addressee",
        "customer",
        "user",
        "recipient",
        "template",
        "context",
        "dedup_key",
        "posted_by",
        "poster_kind",
        "due_at",
        "attempts",
        "language",
        "settled_by",
    ),
    personal={
        "topic": Personal("message.topic", DataClass.ACTIVITY, label=_("What a message was about")),
        "channel": Personal("message.channel", DataClass.ACTIVITY, label=_("How a message was sent")),
        "subject": Personal("message.subject", DataClass.ACTIVITY, label=_("Subject of a message")),
        "status": Personal("message.status", DataClass.ACTIVITY, label=_("What became of a message")),
        "outcome": Personal("message.outcome", DataClass.ACTIVITY, label=_("Why a message was not sent")),
        "created_at": Personal("message.created_at", DataClass.ACTIVITY, label=_("When a message was written")),
        "settled_at": Personal("message.settled_at", DataClass.ACTIVITY, label=_("When a message was sent")),
    },
)

# Third-party apps.
declare(ContentType, retention_class="reference", not_personal=("id", "app_label", "model"))
declare(Permission, retention_class="reference", not_personal=("id", "name", "content_type", "codename"))
declare(Group, retention_class="reference", not_personal=("id", "name"))
declare(
    Group.permissions.through,
    retention_class="reference",
    not_personal=("id", "group", "permission"),
)
declare(
    Session,
    retention_class="sessions",
    not_personal=("session_key", "expire_date"),
    personal={"session_data": Personal("session.data", DataClass.ACTIVITY, label=_("Session"))},
)
declare(
    UserSession,
    retention_class="sessions",
    not_personal=("id", "user", "session_key", "data"),
    personal={
        "created_at": Personal("user_session.created_at", DataClass.ACTIVITY, label=_("Signed in at")),
        "ip": Personal("user_session.ip", DataClass.ACTIVITY, label=_("Network address of a sign-in")),
        "last_seen_at": Personal("user_session.last_seen_at", DataClass.ACTIVITY, label=_("Last seen at")),
        "user_agent": Personal("user_session.user_agent", DataClass.ACTIVITY, label=_("Browser of a sign-in")),
    },
)
declare(
    EmailAddress,
    retention_class="identity",
    not_personal=("id", "user", "verified", "primary"),
    personal={"email": Personal("user.email_address", DataClass.CREDENTIAL, label=_("E-mail address to sign in"))},
)
declare(
    EmailConfirmation,
    retention_class="sessions",
    not_personal=("id", "email_address", "created", "sent", "key"),
)
declare(
    Authenticator,
    retention_class="identity",
    not_personal=("id", "user", "type", "created_at"),
    personal={
        "data": Personal("authenticator.data", DataClass.CREDENTIAL, label=_("Second factor"), sealed=True),
        "last_used_at": Personal("authenticator.last_used_at", DataClass.ACTIVITY, label=_("Second factor last used")),
    },
)
declare(
    Client,
    retention_class="agreements",
    not_personal=tuple(field.name for field in Client._meta.concrete_fields),
)
declare(
    Token,
    retention_class="sessions",
    not_personal=tuple(field.name for field in Token._meta.concrete_fields),
)
declare_store("cache", retention_class="sessions", executor=Executor.DELETE_ROWS)
