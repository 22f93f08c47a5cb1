"""What a purge certificate must satisfy in itself, whoever signed it. Python only: it knows no Django.

Each check yields one sentence per thing that does not hold. A certificate says of each retention class from which day
on data is kept (its bound), and of each step how many rows were past their time, held, and dropped.
"""

import json
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from ledger.canonical import canonical_bytes

TYPE = "resguardo.purge-certificate"
VERSIONS = (1, 2)
NUMBERS = ("total", "held", "dropped")
STATUSES = ("done", "failed", "left")
WHOLE_MONTH, PART_OF_MONTH = "drop_month", "trim_month"
_DIGITS = frozenset("0123456789abcdef")

Document = Mapping[str, Any]


def purge_faults(payload: Document) -> Iterator[str]:
    """Yield what does not hold in a purge certificate: form, sums, bounds, places, order, approval, ledger entry."""
    if payload.get("version") not in VERSIONS:
        yield f"This verifier does not know version {payload.get('version')!r} of purge certificates; get a newer one."
        return
    checks: list[Callable[[Document], Iterator[str]]] = [
        _sum_faults,
        _bound_faults,
        _place_faults,
        _digest_faults,
        _order_faults,
        _status_faults,
        _ledger_faults,
    ]
    if payload["version"] > 1:
        checks += [_plan_faults, _approval_faults]
    for check in checks:
        try:
            yield from check(payload)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            yield f"The certificate is malformed: {type(error).__name__} {error} ({check.__name__.strip('_')})."


def purge_summary(payload: Document) -> Iterator[str]:
    """Yield what a certificate without faults says, in sentences."""
    yield f"Purge as of {payload['as_of']} by {payload['operator']['name']}, run {payload['run']}."
    for entry in payload["classes"]:
        code = entry["retention_class"]
        if entry["total"]:
            yield (
                f"{code}: {entry['total']} past their time = {entry['held']} held + {entry['dropped']} dropped,"
                f" all from before {payload['bounds'][code]['before']}."
            )
    if date.fromisoformat(payload["as_of"]) > _moment(payload["issued_at"]).date() + timedelta(days=1):
        yield "NOTE: the day lies after the certificate's own; only demonstrations and tests purge like that."


def _sum_faults(payload: Document) -> Iterator[str]:
    found: dict[str, dict[str, int]] = {}
    for item in payload["items"]:
        yield from _part_faults(item, f"{item['retention_class']}, {item['partition']}")
        sums = found.setdefault(item["retention_class"], dict.fromkeys(NUMBERS, 0))
        for number in NUMBERS:
            sums[number] += item[number]
    stated = [entry["retention_class"] for entry in payload["classes"]]
    if len(set(stated)) != len(stated):
        yield "A class is listed twice."
    if missing := sorted(set(found) - set(stated)):
        yield f"Steps belong to classes that the totals leave out: {', '.join(missing)}."
    for entry in payload["classes"]:
        code = entry["retention_class"]
        yield from _part_faults(entry, f"the class {code}")
        for number, value in found.get(code, dict.fromkeys(NUMBERS, 0)).items():
            if entry[number] != value:
                yield f"The class {code} states {entry[number]} {number}, its steps add up to {value}."


def _part_faults(part: Document, name: str) -> Iterator[str]:
    if any(type(part[number]) is not int or part[number] < 0 for number in NUMBERS):
        yield f"{name}: total, held and dropped must be whole numbers from 0."
    elif part["total"] != part["held"] + part["dropped"]:
        yield f"{name}: {part['total']} in total is not {part['held']} held + {part['dropped']} dropped."


def _bound_faults(payload: Document) -> Iterator[str]:
    """Count each bound again from the as-of day, the months of the rule and its floor."""
    as_of = date.fromisoformat(payload["as_of"])
    for code, bound in payload["bounds"].items():
        before, months, floor = date.fromisoformat(bound["before"]), bound["months"], bound.get("floor_months", 0)
        latest = as_of if bound["rule"] == "journal" else months_before(as_of, months)
        if floor:
            latest = min(latest, months_before(as_of.replace(day=1), floor))
        is_wrong = before > latest if bound["rule"] == "journal" or payload["version"] == 1 else before != latest
        if is_wrong:
            yield f"The bound of {code}, {before}, does not follow from {months} months as of {as_of}: it is {latest}."
        if "valid_from" in bound and _moment(bound["valid_from"]) > _moment(payload["issued_at"]):
            yield f"The rule for {code} was not in force yet when the certificate was issued."


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _place_faults(payload: Document) -> Iterator[str]:
    """See that every step lies before its class's bound, and in the month that its partition names."""
    seen = set()
    for item in payload["items"]:
        name, place = f"{item['retention_class']}, {item['partition']}", (item["partition"], item["action"])
        if place in seen:
            yield f"{name}: listed twice."
        seen.add(place)
        bound = payload["bounds"].get(item["retention_class"])
        if bound is None:
            yield f"{name}: no bound is stated for this class."
        elif date.fromisoformat(item["before"]) > date.fromisoformat(bound["before"]):
            yield f"{name}: reaches to {item['before']}, past the bound {bound['before']} of its class."
        if item["action"] in (WHOLE_MONTH, PART_OF_MONTH):
            yield from _month_faults(item, name)


def _month_faults(item: Document, name: str) -> Iterator[str]:
    first, before = date.fromisoformat(item["from"]), date.fromisoformat(item["before"])
    if first.day != 1 or not item["partition"].endswith(f"_y{first:%Y}m{first:%m}"):
        yield f"{name}: does not begin with the month that its name says ({first})."
    past = months_before(first, -1)
    if item["action"] == WHOLE_MONTH and past > before:
        yield f"{name}: the whole month was dropped, but its last day is not before {before}."
    if item["action"] == PART_OF_MONTH and not first < before:
        yield f"{name}: nothing of the month lies before {before}."


def _digest_faults(payload: Document) -> Iterator[str]:
    """See that what was done of a month has digests of 64 digits, and that held rows name a hold."""
    for item in payload["items"]:
        name = f"{item['retention_class']}, {item['partition']}"
        digests = [item["digest"], item["held_digest"]]
        if any(digest and (len(digest) != 64 or not set(digest) <= _DIGITS) for digest in digests):
            yield f"{name}: a digest is not 64 hexadecimal digits."
        is_of_month = item["action"] in (WHOLE_MONTH, PART_OF_MONTH)
        if is_of_month and item["status"] == "done" and item["total"] and not item["digest"]:
            yield f"{name}: the digest of what was there is missing."
        if item["held"] and not item["holds"]:
            yield f"{name}: rows are held, but no hold is named."
    stated = payload.get("holds")
    named = {hold for item in payload["items"] for hold in item["holds"]}
    if stated is not None and sorted(named) != sorted(stated):
        yield "The list of holds is not that of the steps."


def _order_faults(payload: Document) -> Iterator[str]:
    """See that things happened in their order, and that classes and steps are listed in one."""
    started, issued = payload["started_at"], _moment(payload["issued_at"])
    if started and _moment(started) > issued:
        yield "The certificate was issued before the run began."
    for item in payload["items"]:
        ended = item["finished_at"]
        if ended and not (_moment(started or ended) <= _moment(ended) <= issued):
            yield f"{item['retention_class']}, {item['partition']}: ended outside the time of the run."
    places = {entry["retention_class"]: place for place, entry in enumerate(payload["classes"])}
    order = [places[item["retention_class"]] for item in payload["items"] if item["retention_class"] in places]
    if order != sorted(order):
        yield "The steps are not in the order of their classes."


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return moment


def _status_faults(payload: Document) -> Iterator[str]:
    for item in payload["items"]:
        name = f"{item['retention_class']}, {item['partition']}"
        if item["status"] not in STATUSES:
            yield f"{name}: is {item['status']!r}, neither done, given up nor left."
        if item["status"] == "done" and not item["ledger_entry"]:
            yield f"{name}: is done, but names no ledger entry."
    statuses = {item["status"] for item in payload["items"]}
    stated = payload.get("status")
    if stated == "finished" and statuses - {"done"}:
        yield "The run is stated as finished, but not all of its steps are done."
    if stated == "stopped" and not payload["stopped_because"]:
        yield "The run is stated as stopped, but not why."


def _plan_faults(payload: Document) -> Iterator[str]:
    """See that no step dropped more than the approved plan let go."""
    for item in payload["items"]:
        allowed = item["planned_total"] - item["planned_held"]
        shrunk = max(allowed - item["dropped"], 0)
        if item["dropped"] > allowed:
            yield (
                f"{item['retention_class']}, {item['partition']}: {item['dropped']} were dropped,"
                f" the approved plan let {allowed} go."
            )
        if item["shrunk_by"] != shrunk:
            yield f"{item['retention_class']}, {item['partition']}: shrunk by {shrunk}, not by {item['shrunk_by']}."


def _approval_faults(payload: Document) -> Iterator[str]:
    plan = payload["plan"]
    if len(plan["digest"]) != 64 or not set(plan["digest"]) <= _DIGITS:
        yield "The digest of the plan is not 64 hexadecimal digits."
    if plan["plan"] is None:
        return
    if not plan["approved_by"]:
        yield "Nobody is named who approved the plan."
    if not plan["is_within_limits"] and plan["approved_by"] == plan["made_by"]:
        yield "The plan went beyond the limits, but one person made and approved it."
    if not _moment(plan["made_at"]) <= _moment(plan["approved_at"]) <= _moment(payload["issued_at"]):
        yield "The plan was not approved between its making and the certificate."
    if payload["started_at"] and _moment(plan["approved_at"]) > _moment(payload["started_at"]):
        yield "The run began before its plan was approved."


def _ledger_faults(payload: Document) -> Iterator[str]:
    """Open the ledger entry that the certificate names: what it commits to must be this certificate's content."""
    ledger = payload["ledger"]
    if ledger["kind"] != "purge.completed":
        yield f"The ledger entry is of the kind {ledger['kind']!r}, not purge.completed."
    if payload["version"] == 1:
        return
    evidence = ledger["evidence"].encode()
    if sha256(evidence).hexdigest() != ledger["evidence_sha256"]:
        yield "The ledger's evidence does not have the stated SHA-256."
    if sha256(bytes.fromhex(ledger["salt"]) + evidence).hexdigest() != ledger["commitment"]:
        yield "The ledger's commitment is not that of salt and evidence."
    yield from _evidence_faults(payload, json.loads(evidence))


def _evidence_faults(payload: Document, evidence: Document) -> Iterator[str]:
    content = {name: value for name, value in payload.items() if name != "ledger"}
    if evidence["sha256"] != sha256(canonical_bytes(content)).hexdigest():
        yield "The ledger's evidence is of another content than this certificate's."
    for name in ("run", "certificate", "classes"):
        if evidence[name] != payload[name]:
            yield f"The ledger's evidence names another {name} than the certificate."
    if evidence["ledger"]["kind"] != payload["ledger"]["kind"]:
        yield "The ledger's evidence is of another kind than the certificate names."
