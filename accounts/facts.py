"""What a message's template is filled with besides its context: loaded when the message is sent, so never stale.

A package whose templates need more than ids puts a `messages.py` beside its models, which the sender imports:

    @facts_for("consent_receipt")
    def consent_receipt(context: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"consent": Consent.objects.get(uuid=context["consent"])}
"""

from collections.abc import Callable, Mapping
from typing import Any

Facts = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_FACTS: dict[str, Facts] = {}


def facts_for(*templates: str) -> Callable[[Facts], Facts]:
    """Have the decorated function load what these templates need. Raises ValueError for one that is taken."""

    def register(facts: Facts) -> Facts:
        for template in templates:
            if template in _FACTS:
                raise ValueError(f"The template {template} has its facts already.")
            _FACTS[template] = facts
        return facts

    return register


def facts_of(template: str, context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return all that a template is filled with: its context and, where somebody loads them, the facts behind it."""
    load = _FACTS.get(template)
    return {**context, **load(context)} if load else context
