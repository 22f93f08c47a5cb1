"""Rules that every template keeps."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

TEMPLATES = settings.BASE_DIR / "templates"
PAGES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))

_COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", re.DOTALL)
_TRANSLATED = re.compile(r"{% blocktrans(?:late)?\b.*?{% endblocktrans(?:late)? %}", re.DOTALL)
_CLASSES = re.compile(r"{% block body_class %}.*?{% endblock")
_DATA = re.compile(r"<script[^>]*application/json[^>]*>.*?</script>", re.DOTALL)
_TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_HTML_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_SPOKEN = re.compile(r"""\s(?:alt|aria-label|data-copied|data-draft-found|data-label|title)=(["'])(.*?)\1""")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Names of languages stand in their own; units and codes have no translation.
_UNTRANSLATED = {"English", "Español", "kWh", "Resguardo", "nbsp", "middot"}


def _source(page: str) -> str:
    return _COMMENT.sub("", (TEMPLATES / page).read_text())


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word not in _UNTRANSLATED]


def _url_names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> set[str]:
    names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            names |= _url_names(pattern.url_patterns, inner)
        elif pattern.name:
            names.add(namespace + pattern.name)
    return names


@pytest.mark.parametrize("page", PAGES)
def test_template_compiles(page: str) -> None:
    get_template(page)


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("mail/")])
def test_template_has_nothing_that_the_content_security_policy_refuses(page: str) -> None:
    source = _DATA.sub("", _source(page))
    scripts = [tag for tag in re.findall(r"<script\b[^>]*>", source) if "src=" not in tag]
    assert scripts == []
    assert re.findall(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|\bdata:image", source) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("base.html", "bare.html")])
def test_template_leaves_the_first_heading_to_the_layout(page: str) -> None:
    assert "<h1" not in _source(page), 'the block "title" becomes the h1'


@pytest.mark.parametrize("page", [page for page in PAGES if page != "django/forms/widgets/attrs.html"])
def test_template_translates_every_word(page: str) -> None:
    source = _CLASSES.sub("{% endblock", _DATA.sub("", _TRANSLATED.sub("", _source(page))))
    text = _HTML_TAG.sub(" ", _TEMPLATE_TAG.sub(" ", source))
    assert _words(text) == []
    spoken = [value for _, value in _SPOKEN.findall(_TEMPLATE_TAG.sub("", source))]
    assert [words for value in spoken if (words := _words(value))] == []


@pytest.mark.parametrize("page", PAGES)
def test_template_links_only_to_addresses_that_exist(page: str) -> None:
    used = re.findall(r"""{% url ["']([\w:-]+)["'](?![^%]*\bas \w+ %})""", _source(page))
    assert set(used) - _url_names(get_resolver().url_patterns) == set()


@pytest.mark.parametrize("page", PAGES)
def test_form_that_posts_carries_its_token(page: str) -> None:
    forms = re.findall(r"<form\b[^>]*method=.post.[^>]*>.*?</form>", _source(page), re.DOTALL)
    assert [form for form in forms if "csrf_token" not in form and "slot" not in form] == []


def test_templates_are_formatted() -> None:
    djade = Path(sys.executable).with_name("djade")
    files = [str(TEMPLATES / page) for page in PAGES]
    checked = subprocess.run([djade, "--check", *files], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout
