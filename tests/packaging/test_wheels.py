"""The wheels alone: built, installed into an empty environment, serving the demo."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv") or str(ROOT / "var/tools/uv")
pytestmark = pytest.mark.skipif(
    not Path(UV).is_file(), reason="uv: neither on PATH nor in var/tools (made by `make setup`)"
)


def run(*command: str, cwd: Path = ROOT) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    run(UV, "build", "--quiet", "--all-packages", "--wheel", "--out-dir", str(folder))
    return sorted(folder.glob("*.whl"))


def test_every_distribution_builds_with_everything_inside(wheels: list[Path]) -> None:
    sources = [ROOT / "core", *(p.parent for p in ROOT.glob("plugins/*/pyproject.toml"))]
    assert len(wheels) == len(sources) + len(list(ROOT.glob("themes/*/pyproject.toml")))
    inside = {name for wheel in wheels for name in zipfile.ZipFile(wheel).namelist()}
    for source in sources:
        for package in source.glob("openbureau*/"):
            for path in package.rglob("*"):
                if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo":
                    assert path.relative_to(source).as_posix() in inside
    assert "openbureau/locale/en/LC_MESSAGES/messages.mo" in inside


def test_demo_runs_from_wheels_alone(wheels: list[Path], tmp_path: Path) -> None:
    environment = tmp_path / "env"
    run(UV, "venv", "--quiet", "--python", sys.executable, str(environment))
    python = str(environment / "bin/python")
    run(UV, "pip", "install", "--quiet", "--python", python, *map(str, wheels), cwd=tmp_path)
    command = [str(environment / "bin/openbureau"), "demo", "--json", "--scale", "small"]
    with subprocess.Popen(
        [*command, "--dir", str(tmp_path / "demo"), "--port", "8700"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with urllib.request.urlopen(f"{url}-/sign-in", timeout=10) as answer:
                page = answer.read().decode()
            assert "登录" in page
            style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
            with urllib.request.urlopen(f"{url.rstrip('/')}{style}", timeout=10) as answer:
                assert b"@layer" in answer.read()
        finally:
            process.terminate()
