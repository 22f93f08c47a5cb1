"""The evidence of a consent is checked as every paper is: `protection.evidence` says how."""

from protection.evidence import CleanEvidence, Upload, check_evidence

__all__ = ["CleanEvidence", "Upload", "check_evidence"]
