"""The lines of a release, read a few hundred at a time, with the rows that every line needs fetched for all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import BooleanField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Sum

from accounts.models import Account, Dispute
from disclosures.models import Release, ReleaseLine
from energy.models import ReadingType, UsagePoint
from protection.rowsecurity import provider_rows

CHUNK = 250


class Among(Func):
    """Whether the first expression is an element of the second, an array."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


class Lines:
    """A release's lines in the order in which their subjects are numbered; never all of them in memory."""

    def __init__(self, release: Release) -> None:
        self.release = release

    def __len__(self) -> int:
        return self.release.line_count

    @cached_property
    def account_count(self) -> int:
        """Return how many accounts all lines have together."""
        counted = Func("account_ids", function="cardinality", output_field=IntegerField())
        with provider_rows():
            return int(self._all().aggregate(total=Sum(counted))["total"] or 0)

    @cached_property
    def has_disputes(self) -> bool:
        """Say whether a statement of disagreement stands against a field that a line lets out."""
        accounts = Account.objects.filter(Among(F("pk"), OuterRef(OuterRef("account_ids"))), uuid=OuterRef("row_uuid"))
        said = Dispute.objects.standing().filter(
            Q(row_uuid=OuterRef("customer__uuid")) | Q(Exists(accounts)),
            Among(F("field_id"), OuterRef("field_ids")),
            customer=OuterRef("customer"),
        )
        with provider_rows():
            return self._all().filter(Exists(said)).exists()

    def chunks(self) -> Iterator[list[tuple[int, ReleaseLine]]]:
        """Yield lines with their numbers, counted from 1."""
        number, last = 0, 0
        while found := self._after(last):
            yield list(enumerate(found, number + 1))
            number, last = number + len(found), found[-1].entry_id

    def _after(self, entry_id: int) -> list[ReleaseLine]:
        with provider_rows():
            lines = list(self._all().filter(entry_id__gt=entry_id).order_by("entry_id")[:CHUNK])
        for line in lines:
            line.release = self.release
        return lines

    def _all(self) -> QuerySet[ReleaseLine]:
        return self.release.lines.filter(created_at=self.release.decided_at)


@dataclass(frozen=True, slots=True)
class Rows:
    """What some lines need, read in one snapshot: accounts with their customers, meters, reading types, disputes."""

    accounts: dict[int, Account]
    usage_points: dict[int, list[UsagePoint]]
    reading_types: dict[int, ReadingType]
    disputes: tuple[Dispute, ...]

    @classmethod
    def of(cls, lines: Sequence[ReleaseLine]) -> "Rows":
        """Fetch them in four queries, however many lines there are."""
        ids = {pk for line in lines for pk in line.account_ids}
        points: dict[int, list[UsagePoint]] = {}
        for point in UsagePoint.objects.filter(account__in=ids).order_by("pk"):
            points.setdefault(point.account_id, []).append(point)
        accounts = Account.objects.filter(pk__in=ids).select_related("customer")
        disputes = Dispute.objects.standing().filter(customer__in={line.customer_id for line in lines}).order_by("pk")
        return cls({one.pk: one for one in accounts}, points, ReadingType.objects.in_bulk(), tuple(disputes))

    def accounts_of(self, line: ReleaseLine) -> list[Account]:
        """Return a line's accounts in the order of their ids."""
        return [self.accounts[pk] for pk in sorted(line.account_ids) if pk in self.accounts]

    def points_of(self, account: Account, line: ReleaseLine) -> list[UsagePoint]:
        """Return the meters of an account that a line lets out."""
        points = self.usage_points.get(account.pk, [])
        return [point for point in points if not line.usage_point_ids or point.pk in line.usage_point_ids]
