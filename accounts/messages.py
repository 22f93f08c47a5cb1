"""What this package's messages are filled with."""

from collections.abc import Mapping
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str

from accounts.facts import facts_for
from accounts.models import ConfidentialityAgreement, RecipientAgreement, RecipientNotice, User


@facts_for("invitation")
def invitation(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make the link by which an invited person chooses a password: once, while it is fresh; it is stored nowhere."""
    user = User.objects.get(uuid=context["user"])
    return {"person": user, "uid": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}


@facts_for("agreement_ends", "certificate_owed")
def agreement(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the agreement, a recipient's or a person's, and whom it binds."""
    if pk := context.get("confidentialityagreement"):
        bound = ConfidentialityAgreement.objects.select_related("user").get(pk=pk)
        return {"agreement": bound, "bound": bound.user, "person": bound.user}
    found = RecipientAgreement.objects.select_related("recipient").get(pk=context["recipientagreement"])
    return {"agreement": found, "bound": found.recipient, "recipient": found.recipient}


@facts_for("recipient_notice")
def recipient_notice(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load what a recipient is told."""
    return {"notice": RecipientNotice.objects.select_related("agreement").get(uuid=context["notice"])}
