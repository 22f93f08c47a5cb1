from retention.services.alerts import raise_alert, resolve_alert
from retention.services.holds import (
    approve_release,
    place_hold,
    precede_purges,
    propose_release,
    refuse_release,
    release_holds_of,
    review_hold,
)
from retention.services.journals import Repair, repair_journal
from retention.services.purges import plan_purge, run_purge, start_purge
from retention.services.replays import plan_replay, replay_purges
from retention.services.rules import approve_rule, change_rule, refuse_rule

__all__ = [
    "Repair",
    "approve_release",
    "approve_rule",
    "change_rule",
    "place_hold",
    "plan_purge",
    "plan_replay",
    "precede_purges",
    "propose_release",
    "raise_alert",
    "refuse_release",
    "refuse_rule",
    "release_holds_of",
    "repair_journal",
    "replay_purges",
    "resolve_alert",
    "review_hold",
    "run_purge",
    "start_purge",
]
