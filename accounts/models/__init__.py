from accounts.models.acts import AccountAct
from accounts.models.agents import Act, AgentAuthorization
from accounts.models.agreements import (
    AgreementClause,
    AgreementEnding,
    Clause,
    RecipientAgreement,
    ReturnCertificate,
)
from accounts.models.concealments import Concealment
from accounts.models.customers import Account, Customer, Member
from accounts.models.dealings import (
    OnwardRecipient,
    RecipientContact,
    RecipientIncident,
    RecipientNotice,
    RecipientSite,
)
from accounts.models.disputes import STATEMENT_LENGTH, Dispute, DisputeWithdrawal
from accounts.models.guardians import Guardianship
from accounts.models.openings import CustomerOpening, ValueReveal
from accounts.models.outbox import Channel, OutboxMessage
from accounts.models.people import PROVIDER_ROLES, ConfidentialityAgreement, Role, User
from accounts.models.proofs import IdentityDocument, VerificationMethod
from accounts.models.provenance import FieldConflict, FieldSource
from accounts.models.recipients import Recipient

__all__ = [
    "PROVIDER_ROLES",
    "STATEMENT_LENGTH",
    "Account",
    "AccountAct",
    "Act",
    "AgentAuthorization",
    "AgreementClause",
    "AgreementEnding",
    "Channel",
    "Clause",
    "Concealment",
    "ConfidentialityAgreement",
    "Customer",
    "CustomerOpening",
    "Dispute",
    "DisputeWithdrawal",
    "FieldConflict",
    "FieldSource",
    "Guardianship",
    "IdentityDocument",
    "Member",
    "OnwardRecipient",
    "OutboxMessage",
    "Recipient",
    "RecipientAgreement",
    "RecipientContact",
    "RecipientIncident",
    "RecipientNotice",
    "RecipientSite",
    "ReturnCertificate",
    "Role",
    "User",
    "ValueReveal",
    "VerificationMethod",
]
