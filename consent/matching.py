"""Papers of consent are held against the record as every signed paper is: `accounts.matching` says how."""

from accounts.matching import Record, SignatureCheck, compared, is_matched, plainly, record_of, records_of

__all__ = ["Record", "SignatureCheck", "compared", "is_matched", "plainly", "record_of", "records_of"]
