"""Every example of the page about the API is run against a real server."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau.base.plugins import Source
from openbureau.testing.bureau import Bureau, close_bureau, open_bureau
from openbureau.testing.serving import served

from .documents import ROOT, fences

PAGE = ROOT / "docs/write-a-plugin/api.md"
ENGLISH = ROOT / "docs/write-a-plugin/api.en.md"
EXAMPLE = ROOT / "tests/registers/example"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A served bureau with devices; where it is and a token for it."""
    sys.path.insert(0, str(EXAMPLE))
    bureau: Bureau = open_bureau(
        tmp_path / "data", sources=[Source("devices", "openbureau_devices")]
    )
    bureau.enable("devices")
    bureau.grant("zhang", "devices.registrar", "530102", "unit")
    token = given_token(bureau)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for number in range(3):
        device = {"code": f"L{number}", "name": "电梯", "kind": "lift", "user": "某某商场"}
        body = json.dumps(device).encode()
        answer = bureau.client().send("POST", "/api/v1/devices/device", body, headers)
        assert answer.status == 201, answer.text
    with served(bureau.app) as base:
        yield {**os.environ, "BASE": base, "TOKEN": token}
    close_bureau()


def given_token(bureau: Bureau) -> str:
    """A token for everything zhang may do in her county, given on the screen."""
    [(uid,)] = bureau.rows("SELECT uid FROM account WHERE login = 'zhang'")
    security = bureau.sign_in("security")
    security.get("/-/console/tokens/new")
    fields = {
        "name": "例子",
        "account": f"person:{uid}",
        "unit": "unit:530102",
        "reach": "unit",
        "scopes": ["devices.list_device", "devices.write_device", "devices.see_personal"],
        "ends_on": (bureau.now.date() + dt.timedelta(days=30)).isoformat(),
        "per_minute": "600",
    }
    given = security.post("/-/console/tokens/new", fields)
    [token] = re.findall(r"<code>(ob_[^<]+)</code>", given.text)
    return str(token)


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_languages_show_the_same_code() -> None:
    assert list(fences(PAGE)) == list(fences(ENGLISH))


def test_python_example_prints_what_the_page_says(
    environment: dict[str, str], tmp_path: Path
) -> None:
    [script] = [fence for fence in fences(PAGE) if fence.language == "python"]
    [shown] = [fence for fence in fences(PAGE) if fence.language == "text"]
    path = tmp_path / script.file
    path.write_text(script.content, "utf-8")
    assert run([sys.executable, str(path)], environment) == shown.content


def test_shell_examples_answer_what_the_page_says(environment: dict[str, str]) -> None:
    examples = [fence.content for fence in fences(PAGE) if fence.language == "sh"]
    answers: list[Any] = [
        json.loads(run(["sh", "-eu", "-c", example], environment)) for example in examples
    ]
    index, page, refused = answers
    assert [each["realm"] for each in index["registers"]] == ["devices/device"]
    assert (len(page["items"]), page["next"], page["total"]) == (3, None, 3)
    assert (refused["status"], refused["errors"][0]["name"]) == (422, "kind")
