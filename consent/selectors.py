from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils.translation import get_language

from accounts.models import Account, Customer, Recipient
from consent.models import (
    Consent,
    ConsentVersion,
    Notice,
    NoticeSubmission,
    NoticeText,
    Offer,
    OfferDecline,
    Purpose,
    Reminder,
    RequestMatch,
)
from consent.models.consents import ConsentVersionQuerySet
from consent.states import ENDS_ITSELF, RECIPIENTS_OWN, StatusCode, versions_in_state
from consent.status import Status, described
from energy.models import UsagePoint
from energy.selectors import months_before
from protection import datamap
from protection.clock import provider_today, provider_zone
from protection.datamap import FieldDeclaration
from retention.models import RetentionRule, RuleProposal

__all__ = [
    "Status",
    "consent_form",
    "consent_history",
    "consents_in_force",
    "consents_of",
    "consents_to_remind",
    "covering_version",
    "duplicates_of",
    "ended_consents",
    "fields_covered",
    "is_announced",
    "notice_in_force",
    "offers_for",
    "open_submission",
    "status_of",
    "unmatched_requests",
    "usage_point_uuids",
    "waiting_reminder",
]


def consents_in_force(
    *,
    recipient: Recipient,
    purpose: Purpose,
    customers: Iterable[Customer] | Iterable[int],
    at: date | None = None,
    lock: bool = False,
) -> QuerySet[ConsentVersion]:
    """Return the versions that permit this recipient and purpose, for any of `customers` (rows or ids), by customer.

    Each says what it covers: `customer_id`, `field_ids`, `usage_point_ids` (empty: all), `data_from`, `data_to`. A
    customer with consents for several projects has several. Whether the recipient may get anything at all (its switch,
    its agreement) the gate asks apart. Live (`at` is None) a visible withdrawal counts whatever
    its stamp; `at` reads what was in force at the end of another day.

    With `lock` the heads are locked FOR SHARE at once, in the order of their ids, until the transaction ends: a
    withdrawal that comes after waits for this transaction, one that came before is seen. Needs a transaction.
    """
    ids = [customer.pk if isinstance(customer, Customer) else customer for customer in customers]
    if lock:
        _lock_heads(recipient, purpose, ids)
    versions = ConsentVersion.objects.filter(recipient=recipient, purpose=purpose, customer__in=ids)
    versions = _last_acts(versions, at) if at else versions.filter(consent__current_version=F("pk"))
    states = [StatusCode.ACTIVE, *RECIPIENTS_OWN]
    versions = versions.with_scope().filter(pk__in=versions_in_state(states, at or provider_today()))
    return versions.select_related("consent").order_by("customer_id", "pk")


def status_of(consent: Consent, at: date | None = None) -> Status:
    """Return the state of a consent with its reason: today, or at the end of the day `at`.

    A list gives `at`, the day that its consents were annotated with (`with_state`); then they cost no query each.
    """
    day = at or provider_today()
    version = consent.current_version
    if at is not None and version is not None and version.created_at >= _end_of(at):
        version = _last_acts(consent.versions.all(), at).first()
    elif at is not None and hasattr(consent, "state"):
        return described(StatusCode(consent.state or StatusCode.NONE), version)
    return described(_state(version, day), version)


def consent_history(consent: Consent) -> QuerySet[ConsentVersion]:
    """Return every act on a consent, the newest first, with who recorded it and the form that was served."""
    return consent.versions.select_related(
        "recorded_by", "notice_text__notice", "evidence_file", "served_notice", "receipt"
    ).order_by("-number")


def consents_of(customers: Iterable[Customer], day: date) -> list[Consent]:
    """Return the customers' consents, the running first, then the latest changed."""
    heads = (
        Consent.objects.with_scope().with_state(day).filter(customer__in=list(customers)).order_by("-changed_at", "-pk")
    )
    return sorted(heads, key=lambda consent: not status_of(consent, day).can_change)


def fields_covered(purpose: Purpose) -> tuple[FieldDeclaration, ...]:
    """Return the fields that a consent for the purpose may cover: those it needs and that may leave the provider."""
    return _releasable_among(frozenset(purpose.field_ids))


def duplicates_of(
    *, customer: Customer, recipient: Recipient, purpose: Purpose, project: str, scan_sha256: str = ""
) -> list[ConsentVersion]:
    """Return what a new consent would repeat: the running one to the same, and any whose proof is the same scan."""
    same = {"customer": customer, "recipient": recipient, "purpose": purpose, "consent__project": project.strip()}
    doubled = Q(**same, consent__is_granted=True, consent__current_version=F("pk"))
    if scan_sha256:
        doubled |= Q(scan_sha256=scan_sha256)
    found = ConsentVersion.objects.filter(doubled).select_related("consent", "recipient", "purpose")
    return list(found.order_by("-created_at", "-pk")[:5])


def usage_point_uuids(consents: Iterable[Consent]) -> dict[int, UUID]:
    """Return the UUIDs of all usage points that the consents are limited to, by their ids, in one query."""
    ids = {pk for consent in consents if consent.scope_version for pk in consent.scope_version.usage_point_ids}
    return dict(UsagePoint.objects.filter(pk__in=ids).values_list("pk", "uuid")) if ids else {}


def offers_for(customer: Customer) -> QuerySet[Offer]:
    """Return what organizations ask this customer for, the latest first.

    Each has `declined` and `consent_uuid`, the customer's running consent to the same, where there is one.
    """
    same = {name: OuterRef(name) for name in ("recipient", "purpose", "project")}
    agreed = Consent.objects.filter(customer=customer, is_granted=True, **same)
    declined = OfferDecline.objects.filter(customer=customer, offer=OuterRef("pk"))
    found = Offer.objects.open().for_customer(customer).select_related("recipient", "purpose")
    return found.annotate(declined=Exists(declined), consent_uuid=Subquery(agreed.values("uuid")[:1])).order_by(
        "-created_at", "-pk"
    )


def unmatched_requests() -> QuerySet[RequestMatch]:
    """Return what the portal found of standing requests that were put before nobody, the oldest first."""
    put = RequestMatch.objects.filter(request=OuterRef("request"), outcome=RequestMatch.Outcome.MATCHED)
    standing = RequestMatch.objects.filter(request__withdrawn_at__isnull=True, request__expires_at__gt=Now())
    return standing.exclude(Exists(put)).select_related("request__recipient", "request__purpose").order_by("pk")


def notice_in_force(kind: str, day: date | None = None) -> Notice | None:
    """Return the notice of a kind that is in force on a day, today by default; None before the first."""
    return Notice.objects.effective(day or provider_today()).filter(kind=kind).first()


def is_announced(
    *,
    purpose: Purpose | None = None,
    recipient: Recipient | None = None,
    rule: RetentionRule | RuleProposal | None = None,
) -> bool:
    """Say whether the privacy notice in force tells customers of a purpose, a recipient, a rule, and of both together.

    A purpose is announced by its code (it cannot come to say anything else, see `consent_keep_purpose`), a recipient by
    name or by its kind, a rule by class and period. A purpose that names kinds of recipients is announced for these.
    """
    if rule is not None:
        notice = notice_in_force(Notice.Kind.PRIVACY)
        said = (rule.retention_class, rule.months)
        if notice is None or said not in [
            (each["class"], each["months"]) for each in notice.frozen["lists"]["periods"]
        ]:
            return False
    if purpose is None and recipient is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT consent_is_announced(%s, %s)",
            [recipient.pk if recipient else None, purpose.pk if purpose else None],
        )
        (answer,) = cursor.fetchone()
    return bool(answer)


def open_submission(notice: Notice) -> NoticeSubmission | None:
    """Return the submission of a draft that waits for a second person, if one does."""
    return notice.submissions.filter(decided_at__isnull=True).first()


def consent_form(language: str = "", day: date | None = None) -> NoticeText:
    """Return the text of the consent form in force, in a language or in that of the page.

    Raises NoticeText.DoesNotExist where none is in force.
    """
    notice = notice_in_force(Notice.Kind.CONSENT_FORM, day)
    return NoticeText.objects.select_related("notice").get(
        notice=notice, language=(language or get_language() or "en")[:2]
    )


def covering_version(
    *,
    recipient_id: int,
    purpose_id: int,
    customer_id: int,
    field_ids: Iterable[str],
    data_from: date,
    data_to: date,
    usage_point_ids: Iterable[int] = (),
) -> int | None:
    """Return the id of the version that covers all of this now, in one query; None where there is none.

    The data period is half-open; no usage points mean all of the customer's.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT consent_covering(%s, %s, %s, %s, %s::bigint[], %s, %s)",
            [recipient_id, purpose_id, customer_id, list(field_ids), list(usage_point_ids), data_from, data_to],
        )
        (version_id,) = cursor.fetchone()
    return version_id  # type: ignore[no-any-return]


def ended_consents(day: date) -> QuerySet[Consent]:
    """Return the consents that ended by themselves by `day`, and whose end is not recorded yet, the oldest first."""
    ended = versions_in_state(ENDS_ITSELF, day)
    return Consent.objects.filter(is_granted=True, current_version__in=ended).order_by("pk")


def consents_to_remind(day: date) -> list[tuple[int, datetime]]:
    """Return the ids of the running residential consents not thought of for a year by `day`, each with when it was."""
    bound = datetime.combine(months_before(day, 12) + timedelta(days=1), time(), provider_zone())
    latest = Reminder.objects.filter(consent=OuterRef("pk")).order_by("-due_on")
    reminded = Subquery(latest.annotate(at=Greatest("created_at", Coalesce("kept_at", "created_at"))).values("at")[:1])
    homes = Account.objects.filter(
        customer=OuterRef("customer"), customer_class=Account.CustomerClass.RESIDENTIAL
    ).open(day)
    found = Consent.objects.in_state(StatusCode.ACTIVE, day).filter(Exists(homes))
    acted = F("current_version__created_at")
    thought_of = found.annotate(thought_of=Greatest(acted, Coalesce(reminded, acted))).filter(thought_of__lt=bound)
    return list(thought_of.order_by("pk").values_list("pk", "thought_of"))


def waiting_reminder(consent: Consent) -> Reminder | None:
    """Return the latest reminder of a running consent that the customer has not answered."""
    latest = consent.reminders.order_by("-due_on").first()
    acted = consent.current_version
    if latest is None or latest.kept_at is not None or not consent.is_granted:
        return None
    return None if acted is not None and acted.created_at > latest.created_at else latest


@lru_cache(maxsize=64)
def _releasable_among(field_ids: frozenset[str]) -> tuple[FieldDeclaration, ...]:
    """Return declarations by their ids; the data map does not change while the portal runs."""
    return tuple(field for field in datamap.fields(releasable=True) if field.id in field_ids)


def _state(version: ConsentVersion | None, day: date) -> StatusCode:
    if version is None:
        return StatusCode.NONE
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_state(%s, %s)", [version.pk, day])
        (state,) = cursor.fetchone()
    return StatusCode(state)


def _lock_heads(recipient: Recipient, purpose: Purpose, customers: Sequence[int]) -> None:
    """Lock by function, since a row lock needs the right to update, which nobody has on the heads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consent_lock(%s, %s, %s::bigint[])", [recipient.pk, purpose.pk, list(customers)])


def _last_acts(versions: ConsentVersionQuerySet, day: date) -> ConsentVersionQuerySet:
    """Narrow to the last act on each consent up to the end of a day."""
    earlier = ConsentVersion.objects.filter(consent=OuterRef("consent"), created_at__lt=_end_of(day))
    return versions.filter(pk=Subquery(earlier.order_by("-number").values("pk")[:1]))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), provider_zone())
