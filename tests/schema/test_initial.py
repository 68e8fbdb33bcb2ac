"""The migrations make exactly what the models describe."""

import importlib
import pkgutil
from typing import Any

import pytest
from playhouse.schema_diff import diff_models

import openbureau.kernel
import openbureau.kit
from openbureau.base.database import Table, db, is_postgresql, reading
from openbureau.kernel.enablement.models import Epoch

pytestmark = pytest.mark.usefixtures("database")

BEYOND_THE_MODELS = {"search_entry_tokens", "unit_path_prefix"}


def core_models() -> list[Any]:
    for layer in (openbureau.kernel, openbureau.kit):
        for part in pkgutil.iter_modules(layer.__path__):
            name = f"{layer.__name__}.{part.name}.models"
            if part.ispkg and importlib.util.find_spec(name):
                importlib.import_module(name)
    layers = ("openbureau.kernel.", "openbureau.kit.")
    return [m for m in Table.__subclasses__() if m.__module__.startswith(layers)]


def test_the_schema_equals_the_models() -> None:
    with reading():
        found = diff_models(db.obj, core_models())
    assert [model._meta.table_name for model in found.create_tables] == []
    assert [field.name for field in found.add_columns] == []
    assert set(found.drop_columns) <= {("search_entry", "tokens")}
    assert [index.name for index in found.add_indexes] == []
    assert {index.name for index in found.drop_indexes} <= BEYOND_THE_MODELS


def test_there_is_one_row_of_change_counters() -> None:
    assert Epoch.select().count() == 1


def test_a_prefix_of_the_tree_path_is_found_by_index() -> None:
    if not is_postgresql():
        pytest.skip("SQLite compares bytes anyway")
    with db.atomic():
        db.execute_sql("SET LOCAL enable_seqscan = off")
        plan = db.execute_sql("EXPLAIN SELECT id FROM unit WHERE path LIKE '/1/5/%%'").fetchall()
    assert "unit_path_prefix" in str(plan)
