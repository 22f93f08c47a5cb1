from retention.models.held import HeldBill, HeldDayReading
from retention.models.holds import HoldRelease, HoldReview, LegalHold
from retention.models.incidents import Incident
from retention.models.limits import LimitProposal, PurgeLimits
from retention.models.orders import RunOrder
from retention.models.plans import PurgePlan, Trigger
from retention.models.proposals import Proposal, proposal_constraints
from retention.models.rules import RetentionRule, RuleProposal
from retention.models.runs import ATTEMPTS, JOURNAL, MONTHLY, Certificate, MonthTally, PurgeItem, PurgeRun
from retention.models.tombstones import Tombstone

__all__ = [
    "ATTEMPTS",
    "JOURNAL",
    "MONTHLY",
    "Certificate",
    "HeldBill",
    "HeldDayReading",
    "HoldRelease",
    "HoldReview",
    "Incident",
    "LegalHold",
    "LimitProposal",
    "MonthTally",
    "Proposal",
    "PurgeItem",
    "PurgeLimits",
    "PurgePlan",
    "PurgeRun",
    "RetentionRule",
    "RuleProposal",
    "RunOrder",
    "Tombstone",
    "Trigger",
    "proposal_constraints",
]
