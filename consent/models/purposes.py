from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language


class PurposeQuerySet(models.QuerySet["Purpose"]):
    """What data may be used for."""

    def primary(self) -> "PurposeQuerySet":
        """Return those for which the service itself needs the data, and no consent is asked."""
        return self.filter(is_secondary=False)

    def secondary(self) -> "PurposeQuerySet":
        """Return those that need the customer's prior, written consent."""
        return self.filter(is_secondary=True)


class Purpose(models.Model):
    """What data may be used for, in both languages, and the fields that such a use may need.

    A secondary purpose needs the customer's prior, express, written consent for each type of it (CPUC D.11-07-056,
    rule 6). `field_ids` are stable ids of the data map; a consent for the purpose cannot reach beyond them.
    `typical_months` is how long data is used for it (None: as long as the service or the consent lasts), and
    `recipient_kinds` which kinds of organizations may get data for it (none: every kind that the notice names).
    Rows change only as a privacy notice in force says (`PurposeChange`); a trigger refuses all else.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60, unique=True)
    is_secondary = models.BooleanField()
    name_en = models.CharField(max_length=200)
    name_es = models.CharField(max_length=200)
    description_en = models.TextField()
    description_es = models.TextField()
    field_ids = ArrayField(models.CharField(max_length=80))
    data_classes = ArrayField(models.CharField(max_length=40))
    typical_months = models.PositiveSmallIntegerField(null=True, blank=True)
    recipient_kinds = ArrayField(models.CharField(max_length=30), default=list, db_default=[])

    objects = PurposeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "is_secondary"], name="purpose_with_its_kind"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[a-z][a-z_]*$"), name="purpose_code_form"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_es if _is_spanish() else self.name_en

    @property
    def description(self) -> str:
        """Return the description in the language of the page."""
        return self.description_es if _is_spanish() else self.description_en


def _is_spanish() -> bool:
    return (get_language() or "en").startswith("es")
