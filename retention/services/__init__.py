from retention.services.alerts import raise_alert, resolve_alert
from retention.services.holds import (
    approve_release,
    place_hold,
    precede_purges,
    propose_release,
    refuse_release,
    release_holds_of,
    replace_hold,
    review_hold,
)
from retention.services.journals import Repair, repair_journal
from retention.services.limits import approve_limits, change_limits, refuse_limits
from retention.services.pauses import pause_purge, resume_purge
from retention.services.plans import approve_purge_plan, discard_purge_plan, make_purge_plan, plan_purge
from retention.services.purges import begin_purge, run_purge, start_purge
from retention.services.reminders import remind_of_holds
from retention.services.replays import plan_replay, replay_purges
from retention.services.rules import approve_rule, change_rule, put_rule_in_force, refuse_rule, withdraw_rule

__all__ = [
    "Repair",
    "approve_limits",
    "approve_purge_plan",
    "approve_release",
    "approve_rule",
    "begin_purge",
    "change_limits",
    "change_rule",
    "discard_purge_plan",
    "make_purge_plan",
    "pause_purge",
    "place_hold",
    "plan_purge",
    "plan_replay",
    "precede_purges",
    "propose_release",
    "put_rule_in_force",
    "raise_alert",
    "refuse_limits",
    "refuse_release",
    "refuse_rule",
    "release_holds_of",
    "remind_of_holds",
    "repair_journal",
    "replace_hold",
    "replay_purges",
    "resolve_alert",
    "resume_purge",
    "review_hold",
    "run_purge",
    "start_purge",
    "withdraw_rule",
]
