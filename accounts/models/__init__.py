from accounts.models.acts import AccountAct
from accounts.models.customers import Account, Customer, Member
from accounts.models.openings import CustomerOpening, ValueReveal
from accounts.models.outbox import Channel, OutboxMessage
from accounts.models.people import PROVIDER_ROLES, ConfidentialityAgreement, Role, User
from accounts.models.provenance import FieldConflict, FieldSource
from accounts.models.recipients import Recipient, RecipientAgreement

__all__ = [
    "PROVIDER_ROLES",
    "Account",
    "AccountAct",
    "Channel",
    "ConfidentialityAgreement",
    "Customer",
    "CustomerOpening",
    "FieldConflict",
    "FieldSource",
    "Member",
    "OutboxMessage",
    "Recipient",
    "RecipientAgreement",
    "Role",
    "User",
    "ValueReveal",
]
