"""The judge itself: what the model says of cases small enough to be seen through."""

from datetime import date

from tests.retention.model import BILLS, READINGS, Hold, Model, Row, kept_from

AS_OF = date(2026, 3, 15)
OLD, LAST_DUE, FIRST_KEPT = date(2021, 1, 31), date(2021, 3, 14), date(2021, 3, 15)


def test_five_years_are_kept_to_the_day() -> None:
    model = Model()
    model.store(Row(READINGS, day, 1) for day in (OLD, LAST_DUE, FIRST_KEPT))
    model.purge(AS_OF)
    assert model.stored == {Row(READINGS, FIRST_KEPT, 1)}
    assert model.gone == {Row(READINGS, OLD, 1), Row(READINGS, LAST_DUE, 1)}


def test_a_leap_day_counts_back_to_the_28th() -> None:
    assert kept_from(date(2024, 2, 29)) == date(2019, 2, 28)


def test_a_hold_keeps_until_it_is_released_and_only_what_it_names() -> None:
    model = Model()
    model.store([Row(READINGS, OLD, 1), Row(READINGS, OLD, 2), Row(BILLS, OLD, 1)])
    model.holds["case"] = Hold(1, (READINGS,), first=OLD)
    model.purge(AS_OF)
    assert model.held == {Row(READINGS, OLD, 1)}
    assert model.gone == {Row(READINGS, OLD, 2), Row(BILLS, OLD, 1)}
    del model.holds["case"]
    model.purge(AS_OF)
    assert not model.held | model.stored
