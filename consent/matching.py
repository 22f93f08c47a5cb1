"""Papers of consent are held against the record as every signed paper is: `accounts.matching` says how."""

from accounts.matching import SignatureCheck, check_against_record, is_matched, plainly

__all__ = ["SignatureCheck", "check_against_record", "is_matched", "plainly"]
