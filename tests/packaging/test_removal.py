"""Taking any one plugin's distribution away leaves everything else green."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv") or str(ROOT / "var/tools/uv")
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))


@pytest.mark.deep
@pytest.mark.skipif(not Path(UV).is_file(), reason="uv: neither on PATH nor in var/tools")
@pytest.mark.parametrize("slug", PLUGINS)
def test_everything_else_stays_green(slug: str, tmp_path: Path) -> None:
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(tmp_path / "env")}
    environment.pop("VIRTUAL_ENV", None)
    sync = [UV, "sync", "--frozen", "--quiet", "--no-install-package", f"openbureau-{slug}"]
    subprocess.run(sync, cwd=ROOT, env=environment, check=True)
    others = [f"plugins/{other}" for other in PLUGINS if other != slug]
    done = subprocess.run(
        [str(tmp_path / "env/bin/python"), "-m", "pytest", "-m", "not deep", "tests", *others],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
