from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Recipient

FLAGS = ("kind", "requires_consent", "requires_agreement", "requires_document", "notice_days")
"""What a release copies from its basis and the database compares by a composite foreign key."""


class LegalBasisQuerySet(models.QuerySet["LegalBasis"]):
    """Legal bases, of the provider's jurisdictions and of others that counted before."""

    def in_force(self) -> "LegalBasisQuerySet":
        """Return those that count where the provider is."""
        return self.filter(is_in_force=True)


class LegalBasis(models.Model):
    """A reason for which the law or the customer lets personal data out, with its citation and what it demands.

    Rows come with the packs of the provider's jurisdictions (`disclosures.bases`); at run time only names and citations
    can be changed, so that no requirement can be switched off beside the gate. There is no basis by which data is sold,
    and no way to add one.
    """

    class Kind(models.TextChoices):
        OWN_REQUEST = "own_request", _("The customer's own request")
        CONSENT = "consent", _("Written consent")
        CONTRACT = "contract", _("Contract under an agreement")
        LEGAL_PROCESS = "legal_process", _("Legal process")
        EXCEPTION = "exception", _("Listed exception")
        AGGREGATE = "aggregate", _("Aggregate, no personal data")

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name_en = models.CharField(max_length=200)
    name_es = models.CharField(max_length=200)
    citation = models.CharField(max_length=300)
    jurisdiction = models.CharField(max_length=40)
    requires_consent = models.BooleanField()
    requires_agreement = models.BooleanField()
    requires_document = models.BooleanField()
    notice_days = models.PositiveSmallIntegerField(default=0)
    recipient_kinds = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    requires_merger_notice = models.BooleanField(default=False, db_default=False)
    is_in_force = models.BooleanField(default=True, db_default=True)
    data_classes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = LegalBasisQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["own_request", "consent", "contract", "legal_process", "exception", "aggregate"]
                ),
                name="legalbasis_kind_known",
            ),
            models.CheckConstraint(condition=~models.Q(code="sale"), name="legalbasis_is_never_a_sale"),
            models.CheckConstraint(condition=~models.Q(citation=""), name="legalbasis_cites"),
            models.CheckConstraint(
                condition=models.Q(kind="consent", requires_consent=True)
                | (~models.Q(kind="consent") & models.Q(requires_consent=False)),
                name="legalbasis_consent_is_consent",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="contract") | models.Q(requires_agreement=True),
                name="legalbasis_contract_needs_agreement",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="legal_process") | models.Q(requires_document=True),
                name="legalbasis_legal_process_needs_document",
            ),
            models.UniqueConstraint(fields=["id", *FLAGS], name="legalbasis_with_its_demands"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def recipient_labels(self) -> list[str]:
        """Return to whom it lets data out, in words; nothing where any kind of recipient will do."""
        return [str(label) for kind, label in Recipient.Kind.choices if kind in self.recipient_kinds]

    @property
    def name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_es if (get_language() or "en").startswith("es") else self.name_en

    @property
    def in_plain_words(self) -> str:
        """Return why the law lets data out, in a sentence for the customer."""
        return str(_IN_PLAIN_WORDS.get(self.kind, self.name))


_IN_PLAIN_WORDS: dict[str, str | Promise] = {
    LegalBasis.Kind.OWN_REQUEST: _("You asked us for it."),
    LegalBasis.Kind.CONSENT: _("You agreed to it."),
    LegalBasis.Kind.CONTRACT: _("It works for us under a contract that binds it to keep your data secret."),
    LegalBasis.Kind.LEGAL_PROCESS: _("A court or an authority demanded it, and the law obliges us."),
    LegalBasis.Kind.EXCEPTION: _("The law allows or demands it in this case."),
}


class RecipientPolicy(models.Model):
    """The fields that the provider's own policy lets a recipient receive at most; without a row there is no limit."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.OneToOneField("accounts.Recipient", on_delete=models.PROTECT, related_name="policy")
    field_ids = ArrayField(models.CharField(max_length=80))
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "recipient policies"

    def __str__(self) -> str:
        return f"{self.recipient}: {len(self.field_ids)}"
