"""Templates made quicker before they are compiled; what they write stays the same.

What a template says the same way every time is worked out when it is compiled.

There is one environment per language, so a translated sentence is a constant; so are the
address of a static file and a macro called with nothing but constants: macros imported
from another template see only their arguments. A page of fifty rows has a hundred such
calls, a third of its time.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

Constant = Callable[..., Any]
AS_IT_IS = "as_it_is"


def as_it_is(written: Markup) -> Markup:
    """The same text: a filter whose block is written in one piece."""
    return written


def fold_constants(
    environment: Environment, template: nodes.Template, known: Mapping[str, Constant]
) -> nodes.Template:
    """The template with constant calls replaced by what they return.

    `known` names functions that return the same for the same arguments. A call that fails is
    left in its place, to fail when the page is made.
    """
    folded: nodes.Template = _Folding(environment, template, known).visit(template)
    return folded


def gather_loops(template: nodes.Template) -> nodes.Template:
    """The template with every outermost loop written in one piece.

    Otherwise each of a list's thousand pieces passes through one generator per template
    and block on its way out. The environment knows the filter `AS_IT_IS`.
    """
    gathered: nodes.Template = _Gathering().visit(template)
    return gathered


class _Gathering(NodeTransformer):
    # ruff: noqa: N802 - the visitor finds its methods by the names of the nodes
    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            return node
        unchanged = nodes.Filter(None, AS_IT_IS, [], [], None, None, lineno=node.lineno)
        return nodes.FilterBlock([node], unchanged, lineno=node.lineno)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        return node  # macros and their like gather already

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        return node

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> nodes.Node:
        return node

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:
        return node


class _Folding(NodeTransformer):
    def __init__(
        self, environment: Environment, template: nodes.Template, known: Mapping[str, Constant]
    ) -> None:
        self._known = dict(known)
        for found in template.find_all(nodes.FromImport):
            self._know_macros(environment, found)
        for name in _names_given(template):
            self._known.pop(name, None)

    def _know_macros(self, environment: Environment, found: nodes.FromImport) -> None:
        if found.with_context or not isinstance(found.template, nodes.Const):
            return
        for name in found.names:
            macro, alias = name if isinstance(name, tuple) else (name, name)
            self._known[alias] = _macro(environment, found.template.value, macro)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        called = node.node
        if not isinstance(called, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        function = self._known.get(called.name)
        if function is None:
            return node
        try:
            args = [argument.as_const() for argument in node.args]
            kwargs = {pair.key: pair.value.as_const() for pair in node.kwargs}
            return nodes.Const(function(*args, **kwargs), lineno=node.lineno)
        except Exception:  # noqa: BLE001 - no constant, or a mistake that belongs to the page
            return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        # The call takes the block's body, so only its arguments may be constants.
        self.generic_visit(node.call)
        node.body = [self.visit(child) for child in node.body]
        return node


def _macro(environment: Environment, template: str, name: str) -> Constant:
    def call(*args: Any, **kwargs: Any) -> Markup:
        module: Any = environment.get_template(template).module
        return Markup(getattr(module, name)(*args, **kwargs))  # noqa: S704 - autoescaped template

    return call


def _names_given(template: nodes.Template) -> Iterable[str]:
    """Names that mean something else somewhere in this template."""
    for name in template.find_all(nodes.Name):
        if name.ctx != "load":
            yield name.name
    for macro in template.find_all(nodes.Macro):
        yield macro.name
