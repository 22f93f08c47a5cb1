from accounts.models.acts import AccountAct
from accounts.models.customers import Account, Customer, Member
from accounts.models.openings import CustomerOpening, ValueReveal
from accounts.models.people import ConfidentialityAgreement, Role, User
from accounts.models.provenance import FieldConflict, FieldSource
from accounts.models.recipients import Recipient, RecipientAgreement

__all__ = [
    "Account",
    "AccountAct",
    "ConfidentialityAgreement",
    "Customer",
    "CustomerOpening",
    "FieldConflict",
    "FieldSource",
    "Member",
    "Recipient",
    "RecipientAgreement",
    "Role",
    "User",
    "ValueReveal",
]
