from retention.models.held import HeldBill, HeldDayReading
from retention.models.holds import HoldRelease, HoldReview, LegalHold
from retention.models.incidents import Incident
from retention.models.proposals import Proposal, proposal_constraints
from retention.models.rules import RetentionRule, RuleProposal
from retention.models.runs import ATTEMPTS, Certificate, MonthTally, PurgeItem, PurgeRun
from retention.models.tombstones import Tombstone

__all__ = [
    "ATTEMPTS",
    "Certificate",
    "HeldBill",
    "HeldDayReading",
    "HoldRelease",
    "HoldReview",
    "Incident",
    "LegalHold",
    "MonthTally",
    "Proposal",
    "PurgeItem",
    "PurgeRun",
    "RetentionRule",
    "RuleProposal",
    "Tombstone",
    "proposal_constraints",
]
