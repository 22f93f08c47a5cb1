from dataclasses import dataclass
from typing import Self

from django.conf import settings

from energy.csvfeed import CsvError, Form, Mapping, load_mapping
from energy.errors import ImportRefused
from energy.models import ImportRun


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file as it was given; a run keeps it, so that it can be taken for the next file."""

    name: str
    text: str

    @classmethod
    def of(cls, run: ImportRun) -> Self:
        """Return the mapping that a run was given. Raises ImportRefused where it has none."""
        if "mapping" not in run.options:
            raise ImportRefused("The run has no mapping.", remedy="Send the file again with its mapping.")
        return cls(run.options.get("mapping_name", ""), run.options["mapping"])

    @property
    def options(self) -> dict[str, str]:
        """Return what a run keeps of it."""
        return {"mapping": self.text, "mapping_name": self.name}

    def read(self) -> Mapping:
        """Return what the file says. Raises ImportRefused, which says what is wrong with it."""
        try:
            return load_mapping(self.text, time_zone=settings.PROVIDER_TIME_ZONE)
        except CsvError as error:
            raise refusal(error) from error


def kind_of(mapping: Mapping) -> ImportRun.Kind:
    """Return the kind of run that takes in feeds of this mapping."""
    is_of_customers = mapping.form is Form.CUSTOMERS
    return ImportRun.Kind.CSV_CUSTOMERS if is_of_customers else ImportRun.Kind.CSV_READINGS


def refusal(error: CsvError) -> ImportRefused:
    """Return a reader's error as the refusal of the whole file."""
    return ImportRefused(error.message, remedy=error.remedy, line=error.line)
