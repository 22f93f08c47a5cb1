from retention.models.holds import LegalHold
from retention.models.rules import RetentionRule, RuleProposal
from retention.models.runs import Certificate, MonthTally, PurgeItem, PurgeRun

__all__ = [
    "Certificate",
    "LegalHold",
    "MonthTally",
    "PurgeItem",
    "PurgeRun",
    "RetentionRule",
    "RuleProposal",
]
