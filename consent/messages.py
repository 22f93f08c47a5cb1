"""What this package's messages are filled with."""

from collections.abc import Mapping
from typing import Any

from accounts.facts import facts_for
from consent.contact import contact_topics, table_of
from consent.models import ContactChoice


@facts_for("contact_chosen")
def contact_chosen(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load a choice of messages as rows of topic and channels."""
    choice = ContactChoice.objects.get(uuid=context["choice"])
    table = table_of(choice)
    return {"choice": choice, "rows": [{"topic": topic, "channels": table[topic.code]} for topic in contact_topics()]}
