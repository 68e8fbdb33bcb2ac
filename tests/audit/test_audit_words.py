"""Every act of the core is called by a name in the audit trail."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import openbureau
from openbureau.kernel.access.administration import POWERS
from openbureau.kernel.settings.declared import CORE_SETTINGS
from openbureau.shell.audit_labels import ACTIONS, REALMS
from openbureau.shell.job_labels import CORE_LABELS

SOURCE = Path(openbureau.__file__).parent


def texts() -> Iterator[str]:
    """Every literal text of the core's source."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_act_and_job_of_the_core_has_a_name() -> None:
    known = {*ACTIONS, *CORE_LABELS, *(power.code for power in POWERS)}
    known |= set(CORE_SETTINGS)
    codes = {text for text in texts() if re.fullmatch(r"core\.[a-z_]+", text)}
    assert len(codes) > 60
    assert codes - known == set()


def test_every_kind_of_record_of_the_core_has_a_name() -> None:
    realms = {text for text in texts() if re.fullmatch(r"core/[a-z_]+", text)}
    assert len(realms) > 10
    assert realms - set(REALMS) == set()
