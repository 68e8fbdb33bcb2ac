"""What is measured: the list and the form a plugin names in its `bench.py`.

The first installed plugin that has one is the subject: SLUG, TABLE, COLUMNS, REALM, KIND,
LIST_URL, PUBLISH_URL, PERMISSION, PUBLISHER_ROLE. Without one the works that need it are
skipped by name.
"""

import importlib
import importlib.util
from functools import cache
from types import ModuleType
from typing import Any

from openbureau.base.plugins import installed_plugins

DATABASE_VARIABLE = "OPENBUREAU_BENCH_DATABASE"


@cache
def _module() -> ModuleType:
    for source in installed_plugins():
        name = f"{source.module_name}.bench"
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise AttributeError("no installed plugin has a bench.py")


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(_module(), name)
