import json
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from retention.models.pairs import both_or_neither


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Texts that people are served."""

    def approved(self) -> "NoticeQuerySet":
        """Return those that are frozen."""
        return self.filter(approved_at__isnull=False)

    def effective(self, day: date) -> "NoticeQuerySet":
        """Return the approved ones that have taken effect by `day`, the newest first."""
        return self.approved().filter(effective_from__lte=day).order_by("-effective_from", "-number")

    def drafts(self) -> "NoticeQuerySet":
        """Return those that somebody still writes or that wait for the second person."""
        return self.filter(approved_at__isnull=True, withdrawn_at__isnull=True)


class Notice(models.Model):
    """One version of a text that people are served, in every language; frozen by trigger once it is approved.

    The one in force is the newest approved one that has taken effect (promise W10). Where a consent form `asks_anew`,
    what it says is so different that consents under earlier forms permit nothing until they are given anew.

    `document` is what was approved, as canonical JSON (`consent.notice_document`): the fingerprints of the texts and,
    of a privacy notice, the lists of purposes, data, recipients and periods in both languages; `sha256` is its hash. A
    trigger reads out of it what the notice announces: `purpose_codes`, `recipient_kinds`, `recipient_uuids`.
    """

    class Kind(models.TextChoices):
        CONSENT_FORM = "consent_form", _("Consent form")
        PRIVACY = "privacy", _("Privacy notice")

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    number = models.PositiveIntegerField()
    effective_from = models.DateField()
    asks_anew = models.BooleanField(default=False, db_default=False)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_name = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by_name = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    document = models.TextField(blank=True, db_default="", editable=False)
    sha256 = models.CharField(max_length=64, blank=True, db_default="", editable=False)
    purpose_codes = ArrayField(models.CharField(max_length=60), default=list, db_default=[], editable=False)
    recipient_kinds = ArrayField(models.CharField(max_length=30), default=list, db_default=[], editable=False)
    recipient_uuids = ArrayField(models.UUIDField(), default=list, db_default=[], editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="notice_number_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["consent_form", "privacy"]), name="notice_kind_known"),
            models.CheckConstraint(
                condition=models.Q(approved_at__isnull=True, approved_by="")
                | (models.Q(approved_at__isnull=False) & ~models.Q(approved_by="")),
                name="notice_approved_at_by",
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(approved_at__isnull=True, withdrawn_at__isnull=True),
                name="notice_one_draft",
            ),
            models.CheckConstraint(
                condition=both_or_neither("withdrawn_at", "withdrawn_by_name"), name="notice_withdrawn_at_by"
            ),
            models.CheckConstraint(
                condition=models.Q(approved_at__isnull=True) | models.Q(withdrawn_at__isnull=True),
                name="notice_approved_stays",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def is_approved(self) -> bool:
        """Say whether it is frozen."""
        return self.approved_at is not None

    @property
    def is_draft(self) -> bool:
        """Say whether somebody still writes it, or it waits for the second person."""
        return self.approved_at is None and self.withdrawn_at is None

    @property
    def frozen(self) -> dict[str, Any]:
        """Return the approved document; nothing before."""
        return json.loads(self.document) if self.document else {}


def text_digest(title: str, body: str) -> str:
    """Return the SHA-256, in hexadecimal, of a notice's text: title, blank line, body, in UTF-8."""
    return sha256(f"{title}\n\n{body}".encode()).hexdigest()


class NoticeText(models.Model):
    """A notice in one language, with the hash by which a consent proves what was read."""

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    title = models.CharField(max_length=200)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "language"], name="noticetext_once_a_language"),
            models.CheckConstraint(condition=models.Q(language__in=["en", "es"]), name="noticetext_language_known"),
        ]

    def __str__(self) -> str:
        return self.title
