from django.db import models

from consent.models.notices import Notice
from retention.models.proposals import Proposal, proposal_constraints


class NoticeSubmission(Proposal):
    """A draft as it was handed to a second person: the whole document that approval freezes, and its hash.

    While one waits, the draft's texts cannot be changed. A refusal, with its reason in `decision_note`, opens the draft
    again; the next submission is a row of its own.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="submissions")
    document = models.TextField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    decision_note = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        constraints = [
            *proposal_constraints("noticesubmission"),
            models.UniqueConstraint(
                fields=["notice"], condition=models.Q(decided_at__isnull=True), name="noticesubmission_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice}, {self.sha256[:12]}"
