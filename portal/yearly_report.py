"""The yearly report to the regulator: counts alone, from what every package keeps. No rule of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import Recipient, RecipientIncident
from disclosures.models import (
    Breach,
    BreachCustomer,
    DemandState,
    DemandSubject,
    LegalBasis,
    LegalDemand,
    Release,
    ReleaseDenial,
    ReleaseLine,
    ReleaseProposal,
)
from ledger.paper import Column, Paper, Table
from ledger.signing import sign_receipt
from protection.clock import provider_today, provider_zone, transaction_time
from retention import incidents
from retention.models import Incident, PurgeRun

TYPE = "resguardo.yearly-report"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its code for machines, its name for people, the count."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that belong together."""

    code: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class YearlyReport:
    """All figures of one calendar year, as they stand today; demands by where they stand now."""

    year: int
    parts: Sequence[Part]

    def as_json(self) -> dict[str, object]:
        """Return the signed report, as machines read it."""
        figures = {part.code: {row.code: row.count for row in part.rows} for part in self.parts}
        return sign_receipt(
            {
                "type": TYPE,
                "version": 1,
                "provider": settings.PROVIDER["name"],
                "year": self.year,
                "made_at": transaction_time(),
                "figures": figures,
            }
        )

    def as_paper(self, language: str) -> Paper:
        """Return the report as it is printed."""
        columns = (Column(_("Figure"), 4), Column(_("Count"), 1, is_number=True))
        return Paper(
            title=_("Yearly privacy report %(year)s") % {"year": self.year},
            language=language,
            issuer=settings.PROVIDER["name"],
            issued_at=transaction_time(),
            lead=_("Counts alone; nothing in it tells of a person."),
            sections=[
                Table(part.title, columns, [(row.label, str(row.count)) for row in part.rows]) for part in self.parts
            ],
            attachment=f"yearly-report-{self.year}.json",
        )


def years() -> list[int]:
    """Return the years that can be reported on, the latest first: from the first release or demand on."""
    first = [
        Release.objects.order_by("decided_at").values_list("decided_at", flat=True).first(),
        LegalDemand.objects.order_by("created_at").values_list("created_at", flat=True).first(),
    ]
    today = provider_today()
    begun = min((moment.astimezone(provider_zone()).year for moment in first if moment), default=today.year)
    return list(range(today.year, begun - 1, -1))


def report_on(year: int) -> YearlyReport:
    """Count a calendar year in the provider's zone."""
    period = _Period(year)
    return YearlyReport(
        year,
        [
            *_demands(period),
            _third_parties(period),
            _releases(period),
            _non_compliances(period),
            _breaches(period),
            _purges(period),
        ],
    )


class _Period:
    """A calendar year, as conditions on moments and on days."""

    def __init__(self, year: int) -> None:
        zone = provider_zone()
        self._days = (date(year, 1, 1), date(year + 1, 1, 1))
        self._moments = tuple(datetime.combine(day, time(), zone) for day in self._days)

    def moments(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self._moments[0], f"{column}__lt": self._moments[1]})

    def days(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self._days[0], f"{column}__lt": self._days[1]})


def _demands(period: _Period) -> list[Part]:
    received = LegalDemand.objects.filter(period.days("received_on")).with_state(provider_today())
    counts: dict[tuple[str, str], int] = {}
    for kind, state in received.values_list("kind", "state_code"):  # type: ignore[misc]
        counts[kind, state] = counts.get((kind, state), 0) + 1
    kinds = [
        Row(kind, str(label), sum(count for (each, _state), count in counts.items() if each == kind))
        for kind, label in LegalDemand.Kind.choices
    ]
    outcomes = [
        Row(
            f"{kind}.{state}",
            f"{LegalDemand.Kind(kind).label}: {DemandState(state).label}",
            counts[kind, state],
        )
        for kind, state in sorted(counts)
    ]
    named = DemandSubject.objects.filter(demand__in=received.values("pk"))
    contested = received.filter(events__what="contested").distinct()
    hidden = received.filter(orders__isnull=False).distinct()
    told = ReleaseLine.objects.filter(period.moments("created_at"), release__demand__isnull=False)
    affected = [
        Row("named", _("Customers named in demands"), _distinct(named)),
        Row("contested", _("Demands that a customer contested"), contested.count()),
        Row("released", _("Customers whose data went out on a demand"), _distinct(told)),
        Row("hidden", _("Demands under an order not to tell"), hidden.count()),
        Row("overbroad", _("Demands that named nobody"), received.filter(names_everybody=True).count()),
    ]
    return [
        Part("demands", _("Legal demands received, by kind"), kinds),
        Part("outcomes", _("Legal demands received, by kind and where they stand"), outcomes),
        Part("affected", _("Customers affected by legal demands"), affected),
    ]


def _third_parties(period: _Period) -> Part:
    lines = ReleaseLine.objects.filter(
        period.moments("created_at"), release__recipient__kind=Recipient.Kind.AUTHORISED_THIRD_PARTY
    )
    return Part(
        "third_parties",
        _("Third parties authorised by customers"),
        [
            Row("receiving", _("Third parties that received data"), _distinct(lines, "release__recipient")),
            Row("customers", _("Customers whose data they received"), _distinct(lines)),
        ],
    )


def _releases(period: _Period) -> Part:
    made = Release.objects.filter(period.moments("decided_at")).values("basis").annotate(count=Count("pk"))
    counts = {row["basis"]: row["count"] for row in made.order_by()}
    bases = LegalBasis.objects.filter(pk__in=counts)
    return Part(
        "releases",
        _("Releases, by legal basis"),
        [Row(basis.code, basis.name, counts[basis.pk]) for basis in bases.order_by("pk")],
    )


def _non_compliances(period: _Period) -> Part:
    wrong = ReleaseProposal.objects.filter(
        period.moments("decided_at"), kind=ReleaseProposal.Kind.EMERGENCY, is_approved=False
    )
    late = ReleaseProposal.objects.filter(
        period.moments("due_at"), due_at__lt=transaction_time(), kind=ReleaseProposal.Kind.EMERGENCY, decided_at=None
    )
    return Part(
        "non_compliances",
        _("Non-compliances"),
        [
            Row("denials", _("Releases that the portal refused"), _count(ReleaseDenial, period.moments("decided_at"))),
            Row("incidents", _("Incidents at recipients"), _count(RecipientIncident, period.days("reported_on"))),
            Row(
                "stopped",
                _("Recipients to which releases were stopped"),
                _count(Recipient, period.moments("stopped_at")),
            ),
            Row("emergencies_wrong", _("Emergency releases found wrong afterwards"), wrong.count()),
            Row("emergencies_late", _("Emergency releases not reviewed in time"), late.count()),
        ],
    )


def _breaches(period: _Period) -> Part:
    found = Breach.objects.filter(period.days("detected_on"))
    concerned = BreachCustomer.objects.filter(breach__in=found)
    return Part(
        "breaches",
        _("Breaches"),
        [
            Row("detected", _("Breaches detected"), found.count()),
            Row(
                "customers",
                _("Customers affected"),
                _distinct(concerned),
            ),
            Row("told", _("Customers told"), _distinct(concerned.filter(message__isnull=False))),
            Row("open", _("Not closed yet"), found.filter(closed_at__isnull=True).count()),
        ],
    )


def _purges(period: _Period) -> Part:
    runs = PurgeRun.objects.filter(period.moments("created_at"))
    late = Incident.objects.filter(period.moments("opened_at"), kind=incidents.CLASS_PAST_DUE)
    return Part(
        "purges",
        _("Forgetting what is past its time"),
        [
            Row("runs", _("Purges"), runs.count()),
            Row("finished", _("Purges that finished without a fault"), runs.filter(status="finished").count()),
            Row("late", _("Times that a kind of data was past its time for too long"), late.count()),
        ],
    )


def _distinct(rows: object, column: str = "customer") -> int:
    return int(rows.aggregate(n=Count(column, distinct=True))["n"])  # type: ignore[attr-defined]


def _count(model: type, condition: Q) -> int:
    return int(model._default_manager.filter(condition).count())  # type: ignore[attr-defined]
