from retention.services.alerts import raise_alert, resolve_alert
from retention.services.holds import place_hold, release_hold, release_holds_of
from retention.services.purges import plan_purge, run_purge, start_purge
from retention.services.replays import plan_replay, replay_purges
from retention.services.rules import approve_rule, change_rule, refuse_rule

__all__ = [
    "approve_rule",
    "change_rule",
    "place_hold",
    "plan_purge",
    "plan_replay",
    "raise_alert",
    "refuse_rule",
    "release_hold",
    "release_holds_of",
    "replay_purges",
    "resolve_alert",
    "run_purge",
    "start_purge",
]
