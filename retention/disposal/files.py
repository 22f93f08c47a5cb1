"""Sealed files: destroyed on the clock of the row that they belong to, or on their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django.db.models import Exists, Min, Model, OuterRef, Q, QuerySet, Sum

from protection.files import destroy_file
from protection.models import SealedFile
from retention.disposal.references import unreferenced
from retention.disposal.rowstores import Disposed, RowStore
from retention.models import PurgeItem, PurgeRun

STANDING = Q(destroyed_at__isnull=True)


@dataclass(frozen=True, slots=True)
class FileStore:
    """The sealed files that rows of `owner` name in `attribute`; they go when those rows are past their time.

    `owner` says whose clock it is; it need not be the store by which the rows themselves go. A file that also a row
    names which is not past its time is kept.
    """

    owner: RowStore
    attribute: str
    model: type[Model] = SealedFile
    key: str = "pk"
    with_rows: tuple[tuple[type[Model], str], ...] = ()
    hangers_precede: frozenset[type[Model]] = frozenset()

    action: ClassVar[str] = PurgeItem.Action.DELETE_FILES

    @property
    def retention_class(self) -> str:
        """Return the class that the files go with."""
        return self.owner.retention_class

    @property
    def name(self) -> str:
        """Return the owner's table with the attribute."""
        return f"{self.owner.model._meta.db_table}.{self.attribute}"

    @property
    def models(self) -> frozenset[type[Model]]:
        """Return the model of files."""
        return frozenset({SealedFile})

    @property
    def must_precede(self) -> frozenset[type[Model]]:
        """Return the owner, which says which files are meant."""
        return frozenset({self.owner.model})

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return the owners past their time that name a file which still stands."""
        return self._past(before).filter(**{f"{self.attribute}__destroyed_at__isnull": True})

    def moment(self, day: date) -> date | datetime:
        """Return a day as the owner's clock has it."""
        return self.owner.moment(day)

    def due(self, before: date) -> QuerySet[Any]:
        """Return the standing files whose owners are all past their time."""
        owners = self.owner.model._base_manager.filter(**{self.attribute: OuterRef("pk")})
        past = self._past(before).filter(**{self.attribute: OuterRef("pk")})
        clock = past.order_by("cutoff_event").values("cutoff_event")[:1]
        return (
            SealedFile.objects.filter(STANDING, Exists(past))
            .exclude(Exists(owners.exclude(Exists(self._past(before).filter(pk=OuterRef("pk"))))))
            .annotate(cutoff_event=clock)
        )

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return the same: no key points from a file's row to the file."""
        return self.due(before)

    def held(self, before: date) -> QuerySet[Any]:
        """Return the files of rows that a hold in force keeps."""
        owners = self.owner.under_hold(self._past(before))
        return self.due(before).filter(Exists(owners.filter(**{self.attribute: OuterRef("pk")})))

    def oldest(self) -> date | None:
        """Return the civil day on which the oldest standing file's clock started."""
        standing = self.owner.rows().filter(**{f"{self.attribute}__destroyed_at__isnull": True})
        return self.owner.day_of(standing.aggregate(oldest=Min("cutoff_event"))["oldest"])

    def day_of(self, value: date | datetime | None) -> date | None:
        """Return the civil day of a cutoff event, where the provider is."""
        return self.owner.day_of(value)

    def bytes_to_drop(self, before: date) -> int:
        """Return the bytes of the files that are past their time and not held."""
        return bytes_of(self.due(before), self.held(before))

    def drop_month(self, before: date) -> Disposed | None:
        """Return None: files are destroyed one by one."""
        return None

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Destroy these files."""
        return destroy_files(keys)

    def _past(self, before: date) -> QuerySet[Any]:
        return self.owner.past(before).filter(**{f"{self.attribute}__isnull": False})


@dataclass(frozen=True, slots=True)
class LooseFiles(RowStore):
    """The sealed files of a class on a clock of their own: copies for delivery, and files that no row names."""

    model: type[Model] = SealedFile
    clock: str = "created_at"
    only_unnamed: bool = True
    is_clock_a_date: bool = field(default=False)

    action: ClassVar[str] = PurgeItem.Action.DELETE_FILES

    @property
    def name(self) -> str:
        """Return the table's name with the class."""
        return f"{SealedFile._meta.db_table}:{self.retention_class}"

    def rows(self) -> QuerySet[Any]:
        """Return the standing files of the class."""
        files = RowStore.rows(self).filter(STANDING, retention_class=self.retention_class)
        return files.filter(unreferenced(SealedFile)) if self.only_unnamed else files

    def candidates(self, before: date) -> QuerySet[Any]:
        """Return the standing files of the class that are old enough, whether or not a row names them."""
        return SealedFile.objects.filter(
            STANDING, retention_class=self.retention_class, created_at__lt=self.moment(before)
        )

    def due(self, before: date) -> QuerySet[Any]:
        """Return the files that are past their time."""
        return self.past(before)

    def disposable(self, before: date) -> QuerySet[Any]:
        """Return the same: a file goes though rows name it, since the row that describes it stays."""
        return self.past(before)

    def bytes_to_drop(self, before: date) -> int:
        """Return the bytes of the files that are past their time and not held."""
        return bytes_of(self.due(before), self.held(before))

    def dispose(self, keys: Sequence[Any], run: PurgeRun) -> Disposed:
        """Destroy these files."""
        return destroy_files(keys)


def bytes_of(due: QuerySet[Any], held: QuerySet[Any]) -> int:
    """Return the bytes of the files that are due and not held."""
    free = due.exclude(Exists(held.filter(pk=OuterRef("pk"))))
    return free.aggregate(bytes=Sum("size"))["bytes"] or 0


def destroy_files(keys: Sequence[Any]) -> Disposed:
    """Destroy the files of these rows that still stand; web and worker destroy files too, hence the locks."""
    files = SealedFile.objects.filter(STANDING, pk__in=keys).select_for_update(skip_locked=True, of=("self",))
    destroyed = list(files.order_by("pk"))
    for file in destroyed:
        destroy_file(file)
    return Disposed(len(destroyed), sum(file.size for file in destroyed))
