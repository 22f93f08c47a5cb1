"""What the privacy notice must say, and does: the lists as things stand, what waits for a notice, what disagrees."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Recipient
from consent.models import Notice, Purpose, PurposeChange
from consent.notice_lists import BY_CATEGORY, Lists, Sources, in_order, lists_of, period_in_words, terms_of
from consent.selectors import notice_in_force
from retention.models import RetentionRule, RuleProposal
from retention.schedule import label_of, place_of

Change = PurposeChange | RuleProposal


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that a privacy notice must say before it counts; `notice` is the approved one that will, if any."""

    what: str
    why: str
    change: Change | Recipient
    notice: Notice | None = None


def lists_now(changes: list[Change] | None = None) -> Lists:
    """Return the lists of a notice as things stand, with `changes` worked in: by default all that are approved."""
    return lists_of(sources_now(waiting_changes() if changes is None else changes))


def sources_now(changes: list[Change]) -> Sources:
    """Return what the lists are made of, with some approved changes worked in."""
    purposes: dict[str, Any] = {purpose.code: purpose for purpose in Purpose.objects.order_by("is_secondary", "pk")}
    rules: dict[str, Any] = {rule.retention_class: rule for rule in RetentionRule.objects.current()}
    cutoffs = {code: rule.cutoff for code, rule in rules.items()}
    for change in changes:
        if isinstance(change, PurposeChange):
            purposes[change.code] = change
        else:
            rules[change.retention_class] = change
    named = Recipient.objects.receiving().exclude(kind__in=BY_CATEGORY)
    return Sources(
        purposes=sorted(purposes.values(), key=lambda purpose: purpose.is_secondary),
        recipients=list(named.order_by("legal_name")),
        rules=in_order(rules.values()),
        cutoffs=cutoffs,
        changes=changes,
    )


def waiting_changes() -> list[Change]:
    """Return the approved changes that no notice has put in force yet."""
    return [*PurposeChange.objects.waiting().order_by("pk"), *RuleProposal.objects.waiting().order_by("pk")]


def unannounced_recipients() -> list[Recipient]:
    """Return the recipients that might be given data, but that the notice in force does not know."""
    notice = notice_in_force(Notice.Kind.PRIVACY)
    found = Recipient.objects.receiving().order_by("legal_name")
    if notice is None:
        return list(found)
    return list(found.exclude(kind__in=notice.recipient_kinds).exclude(uuid__in=notice.recipient_uuids))


def waiting() -> list[Waiting]:
    """Return everything that waits for a privacy notice, with the approved notice that will bring it, if any."""
    coming = coming_notices()
    return [
        *(_waiting_change(change, coming) for change in waiting_changes()),
        *(_waiting_recipient(recipient, coming) for recipient in unannounced_recipients()),
    ]


def coming_notices() -> list[Notice]:
    """Return the approved privacy notices that have not taken effect, the next first."""
    current = notice_in_force(Notice.Kind.PRIVACY)
    approved = Notice.objects.approved().filter(kind=Notice.Kind.PRIVACY)
    newer = approved.filter(number__gt=current.number) if current else approved
    return list(newer.order_by("effective_from", "number"))


def announced_by(change: Change, notices: list[Notice]) -> Notice | None:
    """Return the first of these notices that contains a change."""
    return next((notice for notice in notices if str(change.uuid) in notice.frozen["lists"]["changes"]), None)


def disagreements() -> list[str]:
    """Return where the privacy notice in force says something else than what the system does, for the operator."""
    notice = notice_in_force(Notice.Kind.PRIVACY)
    if notice is None:
        return [_("No privacy notice is in force.")]
    lists = notice.frozen["lists"]
    return [*_purpose_disagreements(lists), *_period_disagreements(lists)]


def _purpose_disagreements(lists: Lists) -> Iterator[str]:
    announced = {entry["terms"]["code"]: entry["terms"] for entry in lists["purposes"]}
    for purpose in Purpose.objects.order_by("pk"):
        terms = announced.get(purpose.code)
        if terms is not None and terms != terms_of(purpose):
            yield _("The notice says something else about the purpose “%(name)s”.") % {"name": purpose.name}


def _period_disagreements(lists: Lists) -> Iterator[str]:
    announced = {entry["class"]: entry for entry in lists["periods"]}
    for rule in sorted(RetentionRule.objects.current(), key=lambda rule: place_of(rule.retention_class)):
        values = {"name": label_of(rule.retention_class)}
        entry = announced.get(rule.retention_class)
        if entry is None:
            yield _("The notice does not say how long this is kept: %(name)s.") % values
        elif (entry["months"], entry["cutoff"]) != (rule.months, rule.cutoff):
            yield _("The notice says another period than the rule for: %(name)s.") % values


def _waiting_change(change: Change, coming: list[Notice]) -> Waiting:
    notice = announced_by(change, coming)
    if isinstance(change, RuleProposal):
        values = {"name": label_of(change.retention_class), "period": period_in_words(change.months)}
        return Waiting(_("%(name)s: %(period)s") % values, change.reason, change, notice)
    text = _("Purpose changed: %(name)s") if change.purpose_id else _("New purpose: %(name)s")
    return Waiting(text % {"name": change.name}, change.reason, change, notice)


def _waiting_recipient(recipient: Recipient, coming: list[Notice]) -> Waiting:
    notice = next((each for each in coming if recipient.uuid in each.recipient_uuids), None)
    values = {"name": recipient.legal_name, "kind": recipient.get_kind_display()}
    return Waiting(_("Recipient: %(name)s (%(kind)s)") % values, "", recipient, notice)
