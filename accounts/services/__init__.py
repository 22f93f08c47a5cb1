from accounts.services.acts import record_act
from accounts.services.agents import authorise_agent, revoke_agent
from accounts.services.agreements import (
    Finding,
    add_agreement,
    add_recipient_agreement,
    check_clauses,
    end_recipient_agreement,
    receive_certificate,
)
from accounts.services.api_clients import register_api_client, revoke_api_client
from accounts.services.concealments import begin_concealment, end_concealments
from accounts.services.conflicts import resolve_conflict
from accounts.services.fields import clean_value, note_feed_fields, set_field
from accounts.services.guardians import (
    Verification,
    end_at_majority,
    end_guardianship,
    link_guardian,
    name_owner,
)
from accounts.services.incidents import close_incident, report_incident
from accounts.services.notices import acknowledge_notice
from accounts.services.openings import open_customer
from accounts.services.outbox import post_message, post_to_customers
from accounts.services.people import change_role, deactivate_user, invite_again, invite_person, reactivate_user
from accounts.services.recipients import (
    add_contact,
    add_onward_recipient,
    add_site,
    change_recipient,
    register_recipient,
    remove_dealing,
)
from accounts.services.registration import add_member, create_account, create_customer
from accounts.services.reminders import ask_for_certificates, remind_of_agreements
from accounts.services.reveals import reveal_value
from accounts.services.stops import resume_recipient, stop_recipient

__all__ = [
    "Finding",
    "Verification",
    "acknowledge_notice",
    "add_agreement",
    "add_contact",
    "add_member",
    "add_onward_recipient",
    "add_recipient_agreement",
    "add_site",
    "ask_for_certificates",
    "authorise_agent",
    "begin_concealment",
    "change_recipient",
    "change_role",
    "check_clauses",
    "clean_value",
    "close_incident",
    "create_account",
    "create_customer",
    "deactivate_user",
    "end_at_majority",
    "end_concealments",
    "end_guardianship",
    "end_recipient_agreement",
    "invite_again",
    "invite_person",
    "link_guardian",
    "name_owner",
    "note_feed_fields",
    "open_customer",
    "post_message",
    "post_to_customers",
    "reactivate_user",
    "receive_certificate",
    "record_act",
    "register_api_client",
    "register_recipient",
    "remind_of_agreements",
    "remove_dealing",
    "report_incident",
    "resolve_conflict",
    "resume_recipient",
    "reveal_value",
    "revoke_agent",
    "revoke_api_client",
    "set_field",
    "stop_recipient",
]
