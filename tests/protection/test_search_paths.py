"""Functions look their tables up where the owner put them, whatever a role has put into its temporary schema."""

import pytest
from django.db import DatabaseError, connection, transaction

from retention.models import PurgeRun
from retention.services import make_purge_plan
from tests.retention.factories import AS_OF, OPERATOR

pytestmark = pytest.mark.django_db

UNPINNED = """
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR prorettype = 'trigger'::regtype)
      AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting ~ '^search_path=.*public, pg_temp$')
    ORDER BY proname
"""


def test_every_trigger_and_every_function_with_the_owners_rights_searches_the_temporary_schema_last() -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNPINNED)
        assert cursor.fetchall() == []


def test_a_temporary_table_of_approved_plans_approves_none() -> None:
    plan = make_purge_plan(as_of=AS_OF, by=OPERATOR)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE retention_purgeplan AS SELECT * FROM public.retention_purgeplan")
        cursor.execute("UPDATE pg_temp.retention_purgeplan SET is_approved = true")
        with pytest.raises(DatabaseError, match="carries out an approved plan"), transaction.atomic():
            PurgeRun.objects.create(
                plan=plan,
                as_of=plan.as_of,
                trigger=plan.trigger,
                bounds=plan.bounds,
                summary={},
                plan_digest=plan.digest,
                operator_kind="operator",
                operator="Nobody",
                reason="None",
            )
        cursor.execute("DROP TABLE pg_temp.retention_purgeplan")
    assert not PurgeRun.objects.filter(plan=plan).exists()
