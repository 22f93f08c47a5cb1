"""The stores of the packages below this one, which cannot declare them themselves."""

from allauth.account.models import EmailConfirmation
from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.models import CustomerOpening
from energy.models import ImportFinding, ImportRun, ReadingOverride
from protection.models import SealedFile
from retention.disposal.registry import register
from retention.disposal.rowstores import RowStore


def _of_class(retention_class: str) -> Q:
    return Q(retention_class=retention_class, destroyed_at__isnull=True)


register(
    RowStore("readings", ReadingOverride, "day", customer="account__customer", is_clock_a_date=True),
    RowStore("sessions", Session, "expire_date"),
    RowStore("sessions", UserSession, "last_seen_at"),
    RowStore("sessions", EmailConfirmation, "created"),
    RowStore("sessions", Token, "expires_at"),
    RowStore("access_log", CustomerOpening, "created_at", customer="customer"),
    RowStore("imports", ImportFinding, "run__finished_at", customer="run__account__customer"),
    RowStore("imports", ImportRun, "finished_at", customer="account__customer"),
    RowStore("import_originals", SealedFile, "created_at", condition=_of_class("import_originals")),
    RowStore("export_files", SealedFile, "created_at", condition=_of_class("export_files")),
)
