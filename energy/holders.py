import re
from unicodedata import combining, normalize

_WORD = re.compile(r"\w+")


def is_same_holder(ours: str, theirs: str) -> bool:
    """Say whether two names surely mean the same holder: equal words in any order, or one has words more.

    Letters, accents, punctuation and order do not count, and an initial stands for a word. Anything else may be someone
    who moved in, and is for people to judge: a wrong guess would show one person's data to another.
    """
    fewer, more = sorted((_words(ours), _words(theirs)), key=len)
    if len(fewer) < 2 <= len(more):
        return False
    left = list(more)
    for word in sorted(fewer, key=len, reverse=True):
        match = next((other for other in left if _is_alike(word, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def has_common_word(ours: str, theirs: str) -> bool:
    """Say whether two names have a word in common, initials aside."""
    return any(len(word) > 1 for word in set(_words(ours)) & set(_words(theirs)))


def _words(name: str) -> list[str]:
    plain = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    return _WORD.findall(plain.casefold())


def _is_alike(one: str, other: str) -> bool:
    return one == other or (1 in {len(one), len(other)} and one[0] == other[0])
