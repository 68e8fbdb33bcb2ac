"""The generated reference says what the code says, and every name has its page."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

import openbureau
from openbureau.base.settings import Settings

from .documents import ROOT

REFERENCE = ROOT / "docs/reference"
PAGES = ("settings.md", "hooks.md", "errors.md", "commands.md", "api.md", "patterns.md")


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    """The pages as the script makes them now."""
    script = (
        "import sys, json; sys.path.insert(0, 'deploy'); import reference;"
        "sys.stdout.write(json.dumps(reference.reference()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    pages: dict[str, str] = json.loads(done.stdout)
    return pages


@pytest.mark.parametrize("name", PAGES)
def test_reference_page_is_current(name: str, generated: dict[str, str]) -> None:
    """When this fails, run `.venv/bin/python deploy/reference.py`."""
    assert (REFERENCE / name).read_text("utf-8") == generated[name]


def test_every_setting_and_public_name_stands_in_the_reference() -> None:
    settings = (REFERENCE / "settings.md").read_text("utf-8")
    api = (REFERENCE / "api.md").read_text("utf-8")
    assert [f.name for f in dataclasses.fields(Settings) if f"`{f.name}`" not in settings] == []
    assert [n for n in openbureau.__all__ if f"`{n}`" not in api and f"`{n}(" not in api] == []


def test_every_error_code_has_both_sentences() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (REFERENCE / "errors.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    assert len(rows) > 40
    assert [row[0] for row in rows if len(row) != 3 or not row[1] or not row[2]] == []


def test_the_reference_is_not_edited_by_hand() -> None:
    assert all("deploy/reference.py" in (REFERENCE / p).read_text("utf-8") for p in PAGES)
    assert Path(ROOT / "deploy/reference.py").is_file()
