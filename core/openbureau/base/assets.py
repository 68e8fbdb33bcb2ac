"""Static files: served from memory under `/static/<hash>/<owner>/<name>`, for ever.

The address changes with the content, so browsers never ask twice. An owner's
sheets are joined into one in the order of `css/order.txt`, its scripts into another: a slow
line pays for requests more than for bytes.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
import zstandard

from openbureau.base.themes import Theme

IMMUTABLE = b"public, max-age=31536000, immutable"
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


class Asset:
    """One static file with its compressed forms, made when first asked for."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content
        self.media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        digest = hashlib.sha256(content).hexdigest()[:12]
        self.url = f"/static/{digest}/{name}"

    @property
    def is_compressible(self) -> bool:
        """Whether compressing can help."""
        return self.media_type.startswith(COMPRESSIBLE)

    @cached_property
    def _brotli(self) -> bytes:
        return bytes(brotli.compress(self.content, quality=11))

    @cached_property
    def _zstd(self) -> bytes:
        return zstandard.ZstdCompressor(level=19).compress(self.content)

    @cached_property
    def _gzip(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)

    def encoded(self, accept_encoding: str) -> tuple[bytes, str]:
        """The smallest form the browser accepts and its encoding name (`` for plain)."""
        if not self.is_compressible:
            return self.content, ""
        if "br" in accept_encoding:
            return self._brotli, "br"
        if "zstd" in accept_encoding:
            return self._zstd, "zstd"
        if "gzip" in accept_encoding:
            return self._gzip, "gzip"
        return self.content, ""


@dataclass(frozen=True, slots=True)
class Assets:
    """All static files of one application, by name and by address."""

    by_name: Mapping[str, Asset]
    by_url: Mapping[str, Asset]

    def url(self, name: str) -> str:
        """The content-hashed address of `core/core.css`.

        Raises KeyError: there is no such file, which a test of the template finds.
        """
        return self.by_name[name].url

    def sheet(self, theme: str) -> str:
        """The address of the one style sheet of a page in this theme."""
        return self.url(f"themes/{theme}.css" if theme else "core/core.css")


def load_assets(folders: Iterable[tuple[str, Path]], themes: Iterable[Theme] = ()) -> Assets:
    """Reads the static folders: (owner, folder) pairs; names are `owner/relative/path`.

    A theme's sheets are joined behind the core's: `themes/<slug>.css`, one request.
    """
    found: dict[str, Asset] = {}
    for owner, folder in folders:
        for path in sorted(folder.rglob("*")):
            if (
                path.is_file()
                and not path.is_symlink()
                and path.suffix not in {".toml", ".txt", ".LICENSE"}
            ):
                name = f"{owner}/{path.relative_to(folder).as_posix()}"
                found[name] = Asset(name, path.read_bytes())
        for joined, parts in _joined(folder):
            content = b"\n".join((folder / part).read_bytes() for part in parts)
            found[f"{owner}/{joined}"] = Asset(f"{owner}/{joined}", content)
    for theme in themes:
        for asset in _theme_assets(theme, found["core/core.css"].content):
            found[asset.name] = asset
    return Assets(found, {asset.url: asset for asset in found.values()})


def _theme_assets(theme: Theme, core: bytes) -> Iterator[Asset]:
    static = theme.folder / "static"
    sheets = [path.read_bytes() for path in sorted((static / "css").glob("*.css"))]
    yield Asset(f"themes/{theme.slug}.css", b"\n".join([core, *sheets]))
    for path in sorted(static.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != ".css":
            yield Asset(
                f"themes/{theme.slug}/{path.relative_to(static).as_posix()}", path.read_bytes()
            )


def _joined(folder: Path) -> list[tuple[str, list[str]]]:
    bundles = []
    for kind in ("css", "js"):
        order = folder / kind / "order.txt"
        if order.is_file():
            names = order.read_text("utf-8").split()
        else:
            names = sorted(path.name for path in (folder / kind).glob(f"*.{kind}"))
        if names:
            bundles.append((f"{folder.name}.{kind}", [f"{kind}/{name}" for name in names]))
    return bundles
