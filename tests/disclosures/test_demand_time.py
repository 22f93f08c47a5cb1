"""What only time brings about: the days to contest a subpoena are over, an order not to tell ends."""

from disclosures.demand_conditions import notice_of, state_of
from disclosures.models import DemandState
from disclosures.services import comply_with_demand, serve_notice
from disclosures.services.compliance import default_answer
from protection.clock import provider_today
from protection.rowsecurity import provider_rows
from tests.disclosures.demands import let_days_pass, taken_in
from tests.disclosures.factories import Case

WHY = "As the court ordered in this case."


def test_a_lapsed_notice_lets_the_release_pass(committed_database: str) -> None:
    with provider_rows():
        case = Case()
        demand = taken_in(case.account, case.by)
        serve_notice(demand=demand, by=case.by)
    let_days_pass(demand, 30)
    with provider_rows():
        assert state_of(demand, provider_today()) == DemandState.LAPSED
        answer = default_answer(demand)
        assert answer is not None
        release = comply_with_demand(demand=demand, answer=answer, reason=WHY, by=case.by)
        notice = notice_of(demand)
        assert notice is not None
        assert release.notice_served_on == notice.served_on
        assert state_of(demand, provider_today()) == DemandState.COMPLIED
