"""Constants worked out at compile time change the speed of a page, never its text."""

from collections.abc import Callable
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from openbureau.base.escaping import PlainEnvironment

MACROS = """
{% macro icon(name, small=false) %}
<svg class="{{ 'small' if small }}">{{ name }}</svg>{% endmacro %}
{% macro box(title, tone="") %}
<b class="{{ tone }}">{{ title }}</b>{{ caller() if caller is defined }}{% endmacro %}
{% macro head(columns) %}
{% for label, kind in columns %}<th {{ kind }}>{{ label }}</th>{% endfor %}{% endmacro %}
{% macro broken(name) %}{{ name.missing.again }}{% endmacro %}
"""
BASE = "[{% block a %}{% endblock %}]"
WITH = '{% from "macros" import icon, box, head, icon as sign %}'


def rendered(kind: type[Environment], source: str, **values: Any) -> str:
    environment = kind(
        loader=DictLoader({"macros": MACROS, "page": source, "base": BASE}),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    words = {"新": "<new>", "100%% 完成": "100%% done"}

    def translated(message: str) -> str:
        return words.get(message, message)

    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translated, lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    environment.globals["asset"] = asset = lambda name: f"/static/{name}"
    if isinstance(environment, PlainEnvironment):
        known: dict[str, Callable[..., Any]] = {
            "asset": asset,
            "_": lambda message: Markup(translated(message)) % {},
        }
        environment.constants = known
    return environment.get_template("page").render(**values)


SOURCES = (
    WITH + '{{ icon("plus") }}{{ icon(name) }}{{ sign("x", small=true) }}{{ icon("<&>") }}',
    WITH + '{{ box(_("新"), "warn") }}{{ _("新") }}{{ _("100%% 完成") }}{{ _("%(n)s", n=name) }}',
    WITH + '{% call box(_("新")) %}{{ name }}{{ icon("in") }}{% endcall %}',
    WITH + '{{ head([(_("新"), "a"), ("<", "b")]) }}{{ head([(name, "c")]) }}',
    WITH + "{% for r in rows %}{{ r }}{% for x in rows %}{{ icon('i') }}{% endfor %}{% endfor %}",
    WITH + "{% for icon in rows %}{{ icon }}{% endfor %}{{ asset('a.css') }}{{ asset(name) }}",
    "{% macro icon(n) %}mine {{ n }}{% endmacro %}{{ icon('x') }}{% set _ = rows %}{{ _ }}",
    (
        '{% extends "base" %}{% block a %}{% for r in rows %}{{ loop.index }}{{ r }}{% endfor %}'
        "{% endblock %}"
    ),
    "{% for r in rows recursive %}{{ r }}{% else %}none{% endfor %}",
    "{% for r in [] %}{% else %}<none>{% endfor %}",
    "{% filter upper %}{% for r in rows %}{{ r }}{% endfor %}{% endfilter %}",
    "{% set all %}{% for r in rows %}{{ r }}{% endfor %}{% endset %}{{ all }}{{ all|length }}",
    "{% autoescape false %}{% for r in rows %}{{ r }}{% endfor %}{% endautoescape %}",
    WITH + "{{ icon('a') ~ name }}{{ [icon('a')]|join }}{{ icon('a')|length }}",
)


@pytest.mark.parametrize("source", SOURCES)
def test_text_is_the_same_as_that_of_stock_jinja(source: str) -> None:
    values = {"name": "<b>'\"&", "rows": ["<1>", Markup("<i>2</i>"), 3]}
    assert rendered(PlainEnvironment, source, **values) == rendered(Environment, source, **values)


def test_constant_call_that_fails_fails_only_when_it_is_reached() -> None:
    source = '{% from "macros" import broken %}{% if name %}{{ broken("x") }}{% endif %}.'
    assert rendered(PlainEnvironment, source, name="") == "."
    with pytest.raises(UndefinedError):
        rendered(PlainEnvironment, source, name="yes")
