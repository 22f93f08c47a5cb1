from rights.services.corrections import correct_field, decide_correction, undo_correction, withdraw_correction
from rights.services.disputes import state_disagreement, withdraw_disagreement
from rights.services.requests import answer_request, close_request, confirm_request, file_request

__all__ = [
    "answer_request",
    "close_request",
    "confirm_request",
    "correct_field",
    "decide_correction",
    "file_request",
    "state_disagreement",
    "undo_correction",
    "withdraw_correction",
    "withdraw_disagreement",
]
