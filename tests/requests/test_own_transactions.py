"""Pages that open their own write transaction ask again, inside it, whether the person may."""

import ast
import inspect
import sys
from types import ModuleType

from openbureau.shell.app import CORE_PAGES

# Of these nobody is signed in yet, or a reading is recorded and nothing is changed.
ALLOWED = {"openbureau.shell.sign_in": {"create_foreign_session"},
           "openbureau.shell.console.audit": {"_note_reading"}}  # fmt: skip


def opening(module: ModuleType) -> set[str]:
    """The functions of a module that open a write transaction without asking."""
    return {
        function.name
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        for item in node.items
        if ast.unparse(item.context_expr) == "writing()"
    }


def test_no_page_writes_without_asking_again() -> None:
    modules = {page.view.__module__ for page in CORE_PAGES if page.is_self_managed}
    assert len(modules) >= 10
    for name in sorted(modules):
        assert opening(sys.modules[name]) <= ALLOWED.get(name, set()), name
