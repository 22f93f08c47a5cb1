"""Whether every retention class is kept as its rule says: a rule in force, and something that disposes of all in it."""

from collections.abc import Iterator

from protection import datamap
from retention.disposal.registry import covered_models, covered_places
from retention.models import RetentionRule


def gaps() -> list[str]:
    """Return what no rule or no executor covers, for the operator, in English.

    A class whose rule has no period is kept as long as the portal runs; the rule's citation says why.
    """
    rules = {rule.retention_class: rule for rule in RetentionRule.objects.current()}
    unruled = sorted(datamap.retention_classes() - rules.keys())
    ending = frozenset(code for code, rule in rules.items() if rule.months is not None)
    return [*(f"no rule is in force for the class {code}" for code in unruled), *_without_executor(ending)]


def _without_executor(ending: frozenset[str]) -> Iterator[str]:
    models, places = covered_models(), covered_places()
    for declaration in datamap.models():
        if declaration.retention_class in ending and declaration.model not in models:
            yield f"nothing disposes of {declaration.model._meta.label} (class {declaration.retention_class})"
    for place in datamap.stores():
        if place.retention_class in ending and place.name not in places:
            yield f"nothing disposes of the store '{place.name}' (class {place.retention_class})"
