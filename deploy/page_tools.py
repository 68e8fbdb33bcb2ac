"""Installs the checkers of `make deep` into `var/tools/pages` from their lock file.

The Nu HTML checker and Lighthouse come from the configured npm registry. Where npm is
missing or nothing can be fetched, the tests that need them are skipped by name.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "deploy/page_tools"
TOOLS = ROOT / "var/tools/pages"
NAMES = ("package.json", "package-lock.json")


def main() -> int:
    """Always 0: a machine that allows nothing still runs the other tests."""
    if is_current():
        return 0
    npm = shutil.which("npm")
    if npm is None:
        print("没有 npm，网页检查将跳过。No npm: the page checkers are skipped.")
        return 0
    TOOLS.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        shutil.copyfile(LOCKED / name, TOOLS / name)
    # Scripts of packages are not run: the checkers need none of theirs.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(command, cwd=TOOLS, stdin=subprocess.DEVNULL, check=False).returncode:
        shutil.rmtree(TOOLS)
        print("网页检查工具未能安装，将跳过。Page checkers not installed: they are skipped.")
    return 0


def is_current() -> bool:
    """Whether what the lock file names is installed."""
    installed = TOOLS / "node_modules/.package-lock.json"
    return installed.is_file() and all(
        (TOOLS / name).is_file() and (TOOLS / name).read_bytes() == (LOCKED / name).read_bytes()
        for name in NAMES
    )


if __name__ == "__main__":
    sys.exit(main())
