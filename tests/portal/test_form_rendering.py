"""How forms come out: every field labelled, its hint and error tied to it."""

import re
from datetime import date

import pytest
from django import forms
from django.utils import translation


class ExampleForm(forms.Form):
    phone = forms.CharField(label="Telephone number", help_text="With the area code.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    signed_on = forms.DateField(label="Signed on")
    born_on = forms.DateField(label="Date of birth", widget=forms.SelectDateWidget(years=range(1990, 2000)))
    method = forms.ChoiceField(label="Method", widget=forms.RadioSelect, choices=[("p", "Paper"), ("t", "Telephone")])
    agrees = forms.BooleanField(label="I agree")
    form_scan = forms.FileField(label="Scanned form")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")])
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def _ids(html: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', html)


def test_nothing_chosen_yet_is_said_in_words() -> None:
    class KindForm(forms.Form):
        kind = forms.ChoiceField(choices=[("", "---------"), ("a", "A")])

    assert ">Choose</option>" in str(KindForm())


def test_every_label_names_a_control_that_exists() -> None:
    html = str(ExampleForm())
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= set(_ids(html))


@pytest.mark.parametrize("data", [None, {}])
def test_no_id_is_given_twice_and_every_description_exists(data: dict[str, str] | None) -> None:
    html = str(ExampleForm(data))
    assert len(_ids(html)) == len(set(_ids(html)))
    described = " ".join(re.findall(r'aria-describedby="([^"]+)"', html)).split()
    assert set(described) <= set(_ids(html))


def test_error_is_told_at_the_field_and_linked_from_the_top() -> None:
    html = str(ExampleForm({}))
    assert 'href="#id_phone"' in html
    assert 'id="id_phone_error"' in html
    assert re.search(r'<input[^>]*name="phone"[^>]*aria-invalid="true"', html)
    assert "id_phone_helptext id_phone_error" in html


def test_choices_stand_in_a_fieldset_with_a_legend() -> None:
    html = str(ExampleForm()["method"].as_field_group())
    assert "<fieldset" in html
    assert re.search(r"<legend[^>]*>\s*Method", html)


def test_optional_field_says_so_and_required_ones_stay_plain() -> None:
    html = str(ExampleForm())
    assert html.count("(optional)") == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_date_field_is_the_browsers_own_with_an_iso_value(language: str) -> None:
    with translation.override(language):
        html = str(ExampleForm(initial={"signed_on": date(2026, 3, 12)})["signed_on"])
    assert 'type="date"' in html
    assert 'value="2026-03-12"' in html


def test_date_of_three_parts_comes_back_as_typed() -> None:
    form = ExampleForm({"born_on_day": "7", "born_on_month": "3", "born_on_year": "1994"})
    assert re.search(r'name="born_on_year"[^>]*value="1994"', str(form["born_on"]))
    form.is_valid()
    assert form.cleaned_data["born_on"] == date(1994, 3, 7)


def test_placeholder_does_not_stand_in_for_a_label() -> None:
    class WithPlaceholder(forms.Form):
        code = forms.CharField(widget=forms.TextInput(attrs={"placeholder": "Code"}))

    assert "placeholder" not in str(WithPlaceholder())


def test_what_a_person_typed_is_escaped() -> None:
    assert "<script>" not in str(ExampleForm({"phone": '"><script>', "note": "</textarea><script>"}))
