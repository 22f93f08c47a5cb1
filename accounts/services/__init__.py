from accounts.services.acts import record_act
from accounts.services.agreements import (
    add_agreement,
    add_recipient_agreement,
    deactivate_user,
    reactivate_user,
    register_recipient,
)
from accounts.services.api_clients import register_api_client, revoke_api_client
from accounts.services.conflicts import resolve_conflict
from accounts.services.fields import clean_value, note_feed_fields, set_field
from accounts.services.openings import open_customer
from accounts.services.outbox import post_message
from accounts.services.registration import add_member, create_account, create_customer
from accounts.services.reveals import reveal_value
from accounts.services.stops import resume_recipient, stop_recipient

__all__ = [
    "add_agreement",
    "add_member",
    "add_recipient_agreement",
    "clean_value",
    "create_account",
    "create_customer",
    "deactivate_user",
    "note_feed_fields",
    "open_customer",
    "post_message",
    "reactivate_user",
    "record_act",
    "register_api_client",
    "register_recipient",
    "resolve_conflict",
    "resume_recipient",
    "reveal_value",
    "revoke_api_client",
    "set_field",
    "stop_recipient",
]
