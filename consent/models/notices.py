from datetime import date
from hashlib import sha256
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Texts that people are served."""

    def approved(self) -> "NoticeQuerySet":
        """Return those that are frozen."""
        return self.filter(approved_at__isnull=False)

    def effective(self, day: date) -> "NoticeQuerySet":
        """Return the approved ones that have taken effect by `day`, the newest first."""
        return self.approved().filter(effective_from__lte=day).order_by("-effective_from", "-number")


class Notice(models.Model):
    """One version of a text that people are served, in every language; frozen by trigger once it is approved.

    The one in force is the newest approved one that has taken effect (promise W10). Where a consent form `asks_anew`,
    what it says is so different that consents under earlier forms permit nothing until they are given anew.
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
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


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
