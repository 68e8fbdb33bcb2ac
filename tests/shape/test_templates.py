"""Templates compile, have a title, work without JavaScript and keep the content policy."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from openbureau.base.escaping import PlainEnvironment
from openbureau.testing.bureau import Bureau

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for top in ("core", "plugins", "themes")
    for path in (ROOT / top).glob("**/templates/**/*.html")
)
PAGES = [
    path
    for path in TEMPLATES
    if "extends" in path.read_text("utf-8").partition("\n")[0] and not path.name.startswith("_")
]
# htmx reads `hx-get` too, but only `data-hx-get` is valid HTML.
BANNED = re.compile(
    r"\son[a-z]+=|<script(?![^>]*src=)|\sstyle=|hx-on|(?<![\w-])hx-[a-z-]+[=:]"
    r"|js:|\|\s*safe\b|javascript:"
)
POST_FORM = re.compile(r"<form[^>]*method=\"post\"[^>]*>(?P<inside>.*?)</form>", re.S)


def banned(text: str) -> list[str]:
    """What the content security policy, the no-script rule or the HTML standard forbids."""
    return BANNED.findall(text)


@pytest.mark.parametrize(
    "text",
    [
        '<a onclick="x">',
        "<script>1</script>",
        '<p style="x">',
        "data-hx-vals='js:{}'",
        '<a hx-get="/">',
        "{{ x|safe }}",
    ],
)
def test_the_rule_sees_what_is_banned(text: str) -> None:
    assert banned(text)


def test_the_rule_lets_good_markup_pass() -> None:
    assert not banned('<script src="/static/1/core/core.js" defer></script><p class="one">')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_template_keeps_the_policy(path: Path) -> None:
    assert banned(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_page_has_a_title(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "{% block title %}" in text or path.name == "bare.html"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_forms_that_write_carry_their_proof(path: Path) -> None:
    text = path.read_text("utf-8")
    assert all("csrf(" in match["inside"] for match in POST_FORM.finditer(text))
    for tag in re.findall(r"<form[^>]*hx-post[^>]*>", text):
        assert 'method="post"' in tag
        assert "action=" in tag


def test_every_template_compiles(bureau: Bureau) -> None:
    environment = bureau.application.environments["", "zh"]
    installed = {"core", "kit", *bureau.application.plugins.records}
    for path in TEMPLATES:
        name = path.as_posix().partition("/templates/")[2]
        if name.partition("/")[0] in installed:
            environment.get_template(name)


@pytest.mark.parametrize(
    "source",
    [
        "{{ a }}{{ b }}{{ n }}{{ m }}",
        "{% macro f(x) %}<i>{{ x }}</i>{% endmacro %}{{ f(a) }}{{ f(m) }}",
        "{% macro f() %}[{{ caller() }}]{% endmacro %}{% call f() %}{{ a }}{% endcall %}",
        "{% set block %}{{ a }}{% endset %}{{ block }}{{ block|upper }}",
        "{% filter upper %}{{ a }}{% endfilter %}{{ a|e }}{{ a|safe }}{{ (a ~ b)|length }}",
        "{% autoescape false %}{{ a }}{% endautoescape %}{{ a }}",
        "{{ none }}{{ 1.5 }}{{ [a, b] }}{{ {'k': a} }}{{ a if b else m }}{{ true }}",
        "{% for x in [a, m, n] %}{{ loop.index }}{{ x }}{% endfor %}",
        "{% trans %}hello {{ a }}{% endtrans %}{{ _('%(x)s', x=a) }}",
    ],
)
def test_plain_templates_write_what_stock_jinja_writes(source: str) -> None:
    texts = []
    for kind in (Environment, PlainEnvironment):
        environment = kind(
            autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
        )
        environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        values = {"a": "<&\"'>", "b": "", "n": 7, "m": Markup("<b>1</b>")}
        texts.append(environment.from_string(source).render(values))
    assert texts[0] == texts[1]
