"""Fetches the third-party static files this distribution ships, through `npm pack`.

Run by hand when a version changes: `python core/vendor_static.py`. Writes htmx and
its licence into `static/vendor/`, cuts the listed icons out of Tabler Icons into one
sprite, and records version, licence and SHA-256 of each file in `vendored.toml`.
"""

import hashlib
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).parent / "openbureau" / "static"

HTMX = "htmx.org@4.0.1"
TABLER = "@tabler/icons@3.51.0"

ICONS = """
activity address-book adjustments alert-circle alert-triangle arrow-down arrow-up arrows-exchange
bell building building-arch calendar check chevron-down chevron-left chevron-right chevrons-left
chevrons-right circle-check clipboard-check clipboard-list cloud-upload database device-desktop
device-laptop eye file file-text file-zip filter history home id inbox info-circle key
layout-dashboard list-check lock logout mail menu-2 palette pencil phone photo pin player-play plus
printer puzzle qrcode refresh report-search search server settings shield-check shield-lock sitemap
speakerphone star trash user user-check user-question user-share users users-group x
"""

EMBLEM = "building-arch"
EMBLEM_COLOURS = ("#143c6e", "#ffffff")


@dataclass(frozen=True)
class Vendored:
    """One file written: its path below `static/`, and what it was made from."""

    path: str
    package: str
    licence: str
    licence_path: str

    def as_toml(self) -> str:
        name, _, version = self.package.rpartition("@")
        digest = hashlib.sha256((STATIC / self.path).read_bytes()).hexdigest()
        return (
            f'[[file]]\npath = "{self.path}"\npackage = "{name}"\nversion = "{version}"\n'
            f'licence = "{self.licence}"\nlicence_file = "{self.licence_path}"\n'
            f'sha256 = "{digest}"\n'
        )


def unpacked(package: str, folder: Path) -> Path:
    """The folder with the files of one npm package, fetched through the npm client."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = folder / packed.stdout.split()[-1]
    target = folder / archive.stem
    with tarfile.open(archive) as files:
        files.extractall(target, filter="data")
    return target / "package"


def strokes(source: Path) -> str:
    """The drawing inside an outline icon, without its empty bounding path."""
    body = re.sub(r"<!--.*?-->", "", source.read_text("utf-8"), flags=re.DOTALL)
    inner = body[body.index(">", body.index("<svg")) + 1 : body.rindex("</svg>")]
    shapes = re.findall(r"<(?!path stroke=\"none\")[a-z]+ [^>]*/>", inner)
    return "".join(re.sub(r"\s*/>", "/>", shape) for shape in shapes)


def sprite(folder: Path, names: Iterable[str]) -> str:
    """One SVG with a symbol per icon; colour and stroke come from the page's style sheet."""
    symbols = "\n".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{strokes(folder / f"{name}.svg")}</symbol>'
        for name in names
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def emblem(folder: Path) -> str:
    """The icon browsers show beside the page's title."""
    ground, ink = EMBLEM_COLOURS
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 36 36">'
        f'<rect x="-6" y="-6" width="36" height="36" rx="7" fill="{ground}"/>'
        f'<g fill="none" stroke="{ink}" stroke-width="2" stroke-linecap="round"'
        f' stroke-linejoin="round">{strokes(folder / f"{EMBLEM}.svg")}</g></svg>\n'
    )


def copy_htmx(folder: Path) -> list[Vendored]:
    package = unpacked(HTMX, folder)
    vendor = STATIC / "vendor"
    script = (package / "dist" / "htmx.min.js").read_text("utf-8")
    without_map = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", script)
    (vendor / "htmx.min.js").write_text(without_map, "utf-8")
    (vendor / "htmx.LICENSE").write_bytes((package / "LICENSE").read_bytes())
    return [Vendored("vendor/htmx.min.js", HTMX, "0BSD", "vendor/htmx.LICENSE")]


def cut_icons(folder: Path) -> list[Vendored]:
    package = unpacked(TABLER, folder)
    outline = package / "icons" / "outline"
    (STATIC / "core" / "icons.svg").write_text(sprite(outline, ICONS.split()), "utf-8")
    (STATIC / "core" / "emblem.svg").write_text(emblem(outline), "utf-8")
    (STATIC / "vendor" / "tabler.LICENSE").write_bytes((package / "LICENSE").read_bytes())
    return [
        Vendored(path, TABLER, "MIT", "vendor/tabler.LICENSE")
        for path in ("core/icons.svg", "core/emblem.svg")
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        vendored = [*copy_htmx(Path(name)), *cut_icons(Path(name))]
    text = "# Written by core/vendor_static.py.\n\n" + "\n".join(
        entry.as_toml() for entry in vendored
    )
    (STATIC / "vendor" / "vendored.toml").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
