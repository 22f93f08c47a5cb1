"""Sending customers the privacy notice: when an account is opened, once a year, and when it changed."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.services import post_to_customers
from accounts.topics import NOTICES
from consent.models import Notice, NoticeRun, Occasion
from consent.selectors import notice_in_force
from ledger.actor import Actor
from protection.clock import provider_today, transaction_time
from protection.rowsecurity import provider_rows

TEMPLATE = "privacy_notice"
YEARLY_FROM = (2, 1)
"""Month and day from which a year's round begins; one that was missed is made up for later in the year."""

NEW_FOR = timedelta(days=30)
"""How long after its opening an account counts as new, should the job have stood still."""

BATCH = 5000
SECONDS_APART = 0.2
"""Between two notices of a round: 300 a minute, of the 500 that the sender deals with in one."""

# Whoever has an open account; the year's round leaves out whom something of this year was sent to already.
_NEXT = """
SELECT customer.id FROM accounts_customer customer
WHERE customer.id > %(after)s AND customer.closed_at IS NULL
  AND EXISTS (SELECT FROM accounts_account account
              WHERE account.customer_id = customer.id AND coalesce(account.closed_on, 'infinity') > %(today)s)
ORDER BY customer.id LIMIT %(limit)s
"""
_TOLD_THIS_YEAR = """
SELECT DISTINCT customer_id FROM consent_noticedelivery
WHERE customer_id = ANY (%(customers)s::bigint[]) AND key <> %(key)s AND created_at >= %(since)s
"""
_TOTAL = """
SELECT count(*) FROM accounts_customer customer
WHERE customer.closed_at IS NULL
  AND EXISTS (SELECT FROM accounts_account account
              WHERE account.customer_id = customer.id AND coalesce(account.closed_on, 'infinity') > %(today)s)
"""
_OPENED = """
SELECT account.uuid, array_agg(DISTINCT account.customer_id) FROM accounts_account account
JOIN accounts_customer customer ON customer.id = account.customer_id AND customer.closed_at IS NULL
WHERE account.opened_on > %(since)s AND account.opened_on <= %(today)s
  AND coalesce(account.closed_on, 'infinity') > %(today)s
  AND NOT EXISTS (SELECT FROM consent_noticedelivery delivery
                  WHERE delivery.customer_id = account.customer_id AND delivery.key = 'opened:' || account.uuid)
GROUP BY account.uuid ORDER BY account.uuid LIMIT %(limit)s
"""
_DELIVERIES = """
INSERT INTO consent_noticedelivery (customer_id, notice_id, occasion, key, message)
SELECT message.customer_id, %(notice)s, %(occasion)s, %(key)s, message.uuid
FROM accounts_customer customer
JOIN accounts_outboxmessage message ON message.dedup_key = 'notice:' || %(key)s || ':' || customer.uuid
WHERE customer.id = ANY (%(customers)s::bigint[])
ON CONFLICT DO NOTHING
"""


def begin_rounds(*, day: date | None = None) -> list[NoticeRun]:
    """Begin the rounds that are due and not there yet; return every unfinished one, the oldest first.

    A notice that the portal was shipped with is sent to nobody: the provider's own first one begins it. The year's
    round waits until that of a change is through.
    """
    with provider_rows():
        today = day or provider_today()
        notice = own_notice_in_force(today)
        if notice is not None:
            _begin(notice, Occasion.CHANGED, f"changed:{notice.number}", today)
            is_changing = NoticeRun.objects.filter(occasion=Occasion.CHANGED, finished_at__isnull=True).exists()
            if not is_changing and today >= date(today.year, *YEARLY_FROM):
                _begin(notice, Occasion.YEARLY, f"yearly:{today.year}", today)
        return list(NoticeRun.objects.filter(finished_at__isnull=True).order_by("pk"))


def own_notice_in_force(day: date) -> Notice | None:
    """Return the privacy notice in force, if the provider approved it and it is not the one it was installed with."""
    notice = notice_in_force(Notice.Kind.PRIVACY, day)
    return notice if notice is not None and notice.submissions.filter(is_approved=True).exists() else None


def go_on_with_round(*, run: NoticeRun, by: Actor, batch: int = BATCH) -> bool:
    """Ask for the notice to the next customers of a round, in one transaction; say whether any are left.

    Two at once take turns. A batch that is killed leaves nothing; the next begins where the last one ended.
    """
    with provider_rows():
        run = NoticeRun.objects.select_for_update().get(pk=run.pk)
        if run.finished_at is not None:
            return False
        today = provider_today()
        customers = _ids(_NEXT, after=run.last_customer_id, today=today, limit=batch)
        if customers:
            spared = _told_this_year(run, customers, today) if run.occasion == Occasion.YEARLY else set()
            wanted = [customer for customer in customers if customer not in spared]
            due_from = run.created_at + timedelta(seconds=run.asked * SECONDS_APART)
            run.asked += _deliver(run.notice, Occasion(run.occasion), run.key, wanted, by, due_from)
            run.done += len(customers)
            run.last_customer_id = customers[-1]
        run.moved_at = transaction_time()
        run.finished_at = None if len(customers) == batch else run.moved_at
        run.save(update_fields=["asked", "done", "last_customer_id", "moved_at", "finished_at"])
        return run.finished_at is None


def deliver_to_new_accounts(*, by: Actor, limit: int = 500) -> int:
    """Ask for the notice to the customers of accounts opened lately; return how many. Run twice, each is asked once."""
    with provider_rows():
        today = provider_today()
        notice = own_notice_in_force(today)
        if notice is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_OPENED, {"since": today - NEW_FOR, "today": today, "limit": limit})
            opened = cursor.fetchall()
        return sum(_deliver(notice, Occasion.OPENED, f"opened:{uuid}", ids, by) for uuid, ids in opened)


@transaction.atomic
def _deliver(
    notice: Notice, occasion: Occasion, key: str, customers: list[int], by: Actor, due_from: datetime | None = None
) -> int:
    if not customers:
        return 0
    post_to_customers(
        topic=NOTICES,
        customer_ids=customers,
        template=TEMPLATE,
        context={"notice": notice.uuid, "occasion": str(occasion)},
        dedup_key=f"notice:{key}",
        due_from=due_from,
        seconds_apart=SECONDS_APART if due_from else 0,
        by=by,
    )
    values: dict[str, Any] = {"notice": notice.pk, "occasion": str(occasion), "key": key, "customers": customers}
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERIES, values)
        return int(cursor.rowcount)


def _begin(notice: Notice, occasion: Occasion, key: str, today: date) -> None:
    if NoticeRun.objects.filter(key=key).exists():
        return
    (total,) = _ids(_TOTAL, today=today)
    run = NoticeRun(key=key, notice=notice, occasion=occasion, total=total)
    NoticeRun.objects.bulk_create([run], ignore_conflicts=True)


def _told_this_year(run: NoticeRun, customers: list[int], today: date) -> set[int]:
    return set(_ids(_TOLD_THIS_YEAR, customers=customers, key=run.key, since=date(today.year, 1, 1)))


def _ids(sql: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]
