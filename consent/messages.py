"""What this package's messages are filled with."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from accounts.facts import facts_for
from accounts.models import Customer
from consent.contact import contact_topics, table_of
from consent.models import Consent, ContactChoice, Notice, Occasion, ProjectRequest, Receipt, WebhookEndpoint
from consent.receipt_paper import TITLES


@facts_for("contact_chosen")
def contact_chosen(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load a choice of messages as rows of topic and channels."""
    choice = ContactChoice.objects.get(uuid=context["choice"])
    table = table_of(choice)
    return {"choice": choice, "rows": [{"topic": topic, "channels": table[topic.code]} for topic in contact_topics()]}


@facts_for("consent_receipt")
def consent_receipt(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load a receipt with what it is called and the consent it is about."""
    joined = ("version__consent__recipient", "version__consent__purpose")
    receipt = Receipt.objects.select_related(*joined).get(uuid=context["receipt"])
    return {"receipt": receipt, "title": TITLES[receipt.version.kind], "consent": receipt.version.consent}


@facts_for("consent_reminder")
def consent_reminder(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the consent that somebody is reminded of."""
    return {"consent": Consent.objects.with_scope().get(uuid=context["consent"])}


@facts_for("project_request", "request_declined")
def project_request(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the request that a customer is asked by, or said no to."""
    joined = ("recipient", "purpose")
    return {"filed": ProjectRequest.objects.select_related(*joined).get(uuid=context["request"])}


@facts_for("webhook_dead")
def webhook_dead(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the endpoint whose messages are given up."""
    endpoint = WebhookEndpoint.objects.select_related("recipient").get(uuid=context["endpoint"])
    return {"endpoint": endpoint, "recipient": endpoint.recipient}


@facts_for("privacy_notice")
def privacy_notice(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load a privacy notice in the language of the message, with why it is sent and the version before it."""
    notice = Notice.objects.get(uuid=context["notice"])
    language = (get_language() or "en")[:2]
    former = Notice.objects.approved().filter(kind=notice.kind, number__lt=notice.number).order_by("-number").first()
    return {
        "notice": notice,
        "text": notice.texts.get(language=language),
        "lists": notice.frozen["rendered"][language],
        "former": former if context["occasion"] == Occasion.CHANGED else None,
        "occasion": context["occasion"],
    }


@facts_for("majority_soon", "majority_reached")
def majority(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load the customer who comes of age."""
    return {"customer": Customer.objects.get(uuid=context["customer"])}
