"""Pairs of "when" and "who" that are both set or both empty, and people who must be two."""

from django.db.models import F, Q


def both_or_neither(moment: str, name: str) -> Q:
    """Return the condition that a moment and a name (text, empty for nobody) are both there or both missing."""
    return Q(**{f"{moment}__isnull": True, name: ""}) | (Q(**{f"{moment}__isnull": False}) & ~Q(**{name: ""}))


def two_persons(first: str, second: str) -> Q:
    """Return the condition that the second person is another than the first.

    Two signed-in users are told apart by their id; where one is an operator at a command line, by name.
    """
    users = Q(**{f"{first}__isnull": False, f"{second}__isnull": False})
    return (users & ~Q(**{second: F(first)})) | (~users & ~Q(**{f"{second}_name": F(f"{first}_name")}))
