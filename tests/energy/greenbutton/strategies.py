"""Any resource that ESPI 4.0 can say, for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from energy.greenbutton import ReadingBatch, Resource
from energy.greenbutton.qualities import join_qualities
from energy.greenbutton.resources import RESOURCES
from energy.greenbutton.schema import Element, Flag, Hex, Nested, Number, Text, elements

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=20,
)
ADDRESSES = st.from_regex(r"[a-zA-Z0-9/_.-]{1,30}", fullmatch=True)


def values_of(one: Element) -> st.SearchStrategy[Any]:
    """Give values of one element that the schema allows."""
    match one.kind:
        case Number(lowest, highest, known):
            single: st.SearchStrategy[Any] = st.integers(lowest, highest)
            if known:
                single |= st.sampled_from(sorted(known))
        case Text(longest, allowed):
            single = st.sampled_from(sorted(allowed)) if allowed else WORDS.map(lambda text: text[:longest])
        case Flag():
            single = st.booleans()
        case Hex(most):
            single = st.binary(min_size=1, max_size=most).map(bytes.hex)
        case Nested(cls):
            single = parts(cls)
        case _:
            single = ADDRESSES
    if one.is_repeated:
        return st.lists(single, max_size=3).map(tuple)
    return single if one.is_required else st.none() | single


def parts(cls: type) -> st.SearchStrategy[Any]:
    """Give instances of a dataclass of the schema."""
    return st.builds(cls, **{one.attribute: values_of(one) for one in elements(cls)})


def resources(cls: type[Resource]) -> st.SearchStrategy[Resource]:
    """Give resources of one class with links and a title."""
    kind: type = cls
    fields = {one.attribute: values_of(one) for one in elements(kind)}
    return st.builds(
        cls,
        href=ADDRESSES.map(lambda path: f"/resource/{path}"),
        up=st.just("") | ADDRESSES,
        related=st.lists(ADDRESSES, max_size=3).map(tuple),
        title=st.just("") | WORDS,
        **fields,
    )


any_resource = st.one_of([resources(cls) for cls in RESOURCES])


@st.composite
def batches(draw: st.DrawFn) -> ReadingBatch:
    """Give a batch of readings in a believable time, whatever their order, lengths and extras."""
    count = draw(st.integers(1, 30))

    def column(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=count, max_size=count))

    def sparse(values: st.SearchStrategy[int]) -> dict[int, int]:
        return draw(st.dictionaries(st.integers(0, count - 1), values, max_size=4))

    small = st.integers(-(2**15), 2**15 - 1)
    return ReadingBatch(
        meter_reading_href=draw(ADDRESSES.map(lambda path: f"/MeterReading/{path.strip('/') or '1'}")),
        starts=column(st.integers(631_152_000, 4_102_444_799)),
        durations=column(st.integers(0, 366 * 86_400)),
        values=column(st.integers(-140_737_488_355_328, 140_737_488_355_328)),
        qualities=sparse(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=3).map(join_qualities)),
        costs=sparse(st.integers(-140_737_488_355_328, 140_737_488_355_328)),
        tous=sparse(small),
        tiers=sparse(small),
        cpps=sparse(small),
    )
