"""Sets up `.venv` from `uv.lock`. Standard library only; running it again costs nothing.

uv is taken from PATH, or from its wheel on the package index (a wheel is a zip, so
neither pip nor venv is needed), honouring UV_INDEX_URL, UV_DEFAULT_INDEX and
PIP_INDEX_URL. Where uv cannot be had, the environment is made with venv and pip.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this script is what says so
    raise SystemExit(
        "需要 Python 3.11 或更新版本。Python 3.11 or newer is needed; this is "
        + sys.version.split()[0]
    )

import hashlib
import html.parser
import os
import platform
import shutil
import subprocess
import tomllib
import urllib.parse
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".setup"
TIMEOUT_S = 60


class Links(html.parser.HTMLParser):
    """Addresses of an index page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def main() -> int:
    """Exit status 0 when `.venv` is ready."""
    if STAMP.is_file() and STAMP.read_text() == fingerprint():
        return 0
    print("正在准备环境，首次需要几分钟… Setting up the environment, a few minutes at first…")
    uv = found_uv() or downloaded_uv()
    if uv is not None:
        command = [uv, "sync", "--frozen", "--python", sys.executable, "--quiet"]
        subprocess.run(command, cwd=ROOT, check=True)
    else:
        with_pip()
    subprocess.run([str(VENV / "bin/python"), "deploy/catalogues.py"], cwd=ROOT, check=True)
    STAMP.write_text(fingerprint())
    return 0


def fingerprint() -> str:
    """Changes with anything the environment is made from."""
    paths = [ROOT / "uv.lock", *ROOT.glob("**/pyproject.toml"), *ROOT.glob("*/**/*.po")]
    kept = sorted(path for path in paths if VENV not in path.parents)
    digest = hashlib.sha256(sys.version.encode())
    for path in kept:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def found_uv() -> str | None:
    """uv from PATH or from an earlier run."""
    own = ROOT / "var/tools/uv"
    return shutil.which("uv") or (str(own) if own.is_file() else None)


def downloaded_uv() -> str | None:
    """uv's binary out of its wheel, or None when the index has none for this machine."""
    index = next(
        (
            os.environ[name]
            for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
            if os.environ.get(name)
        ),
        "https://pypi.org/simple",
    )
    page = f"{index.rstrip('/')}/uv/"
    try:
        links = Links()
        links.feed(fetched(page).decode())
        wheel = max(filter(is_ours, links.found), key=version_of, default=None)
        if wheel is None:
            return None
        address = urllib.parse.urljoin(page, wheel)
        content = fetched(address.partition("#")[0])
    except OSError as fault:
        print(f"无法下载 uv，改用 pip。Cannot download uv, using pip: {fault}")
        return None
    expected = urllib.parse.urlsplit(address).fragment.removeprefix("sha256=")
    if expected and hashlib.sha256(content).hexdigest() != expected:
        raise SystemExit("下载的 uv 校验不符，已停止。The downloaded uv has a wrong checksum.")
    target = ROOT / "var/tools/uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        target.write_bytes(archive.read(name))
    target.chmod(0o755)
    return str(target)


def fetched(address: str) -> bytes:
    """The content at an https (or configured) address."""
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        content: bytes = answer.read()
    return content


def is_ours(link: str) -> bool:
    """Whether a link is a release wheel for this machine."""
    name = link.partition("#")[0].rpartition("/")[2]
    system = "macosx" if sys.platform == "darwin" else "manylinux"
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return (
        name.endswith(".whl") and system in name and (machine in name or platform.machine() in name)
    )


def version_of(link: str) -> tuple[int, ...]:
    """The version in a wheel's name, release versions only."""
    parts = link.rpartition("/")[2].split("-")[1].split(".")
    return tuple(int(part) for part in parts) if all(p.isdecimal() for p in parts) else (0,)


def with_pip() -> None:
    """The same environment by venv and pip, without the lock."""
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [
        path.parent
        for path in sorted(
            [*ROOT.glob("plugins/*/pyproject.toml"), *ROOT.glob("themes/*/pyproject.toml")]
        )
    ]
    editable = [part for path in [ROOT / "core", *packages] for part in ("-e", str(path))]
    command = [str(VENV / "bin/pip"), "install", "--quiet", *editable]
    subprocess.run([*command, *workspace["dependency-groups"]["dev"]], check=True)


if __name__ == "__main__":
    sys.exit(main())
