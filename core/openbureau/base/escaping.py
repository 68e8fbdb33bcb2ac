"""Templates that write plain escaped strings.

Stock Jinja2 wraps every printed value in `Markup`, which costs nearly half of a list
page. The generated code here calls a function that returns an escaped `str` instead,
and hands on a loop's output in one piece; the text is the same, which a test compares with
stock Jinja2.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.nodes import Expr
from jinja2.runtime import Context
from markupsafe import Markup, escape

from openbureau.base.folding import AS_IT_IS, as_it_is, fold_constants, gather_loops

try:
    from markupsafe._speedups import _escape_inner as escape_inner
except ImportError:  # a platform without the compiled half
    from markupsafe._native import _escape_inner as escape_inner


def escape_text(value: Any) -> str:
    """`value` as escaped text; Markup and other `__html__` objects as they are."""
    kind = type(value)
    if kind is str:
        return escape_inner(value)
    if kind is Markup:
        return value
    if kind is int:
        return str(value)
    return str(escape(value))


class PlainCodeGenerator(CodeGenerator):
    """Prints through `environment.escape_text`, except where autoescaping is volatile."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.escape_text(")
            if finalize.src is not None:
                self.write(finalize.src)
        else:
            super()._output_child_pre(node, frame, finalize)


class PlainTemplate(Template):
    """A template whose macros are imported without asking for globals of the render: none
    are ever given, and asking costs more than the import."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        del ctx
        if self._module is None:
            self._module = self.make_module()
        return self._module


class PlainEnvironment(Environment):
    """An environment whose templates write plain strings.

    `constants` names functions that always return the same for the same arguments.
    """

    code_generator_class = PlainCodeGenerator
    template_class = PlainTemplate
    escape_text = staticmethod(escape_text)
    constants: Mapping[str, Callable[..., Any]] = MappingProxyType({})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters[AS_IT_IS] = as_it_is

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002 - Jinja2's signature
    ) -> str:
        folded = gather_loops(fold_constants(self, source, self.constants))
        return super()._generate(folded, name, filename, defer_init)
