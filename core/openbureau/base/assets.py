"""Static files: served from memory under `/static/<hash>/<owner>/<name>`, for ever.

The address changes with the content, so browsers never ask twice. An owner's
sheets are joined into one in the order of `css/order.txt`, its scripts into another: a slow
line pays for requests more than for bytes.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
import zstandard

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


def load_assets(folders: Iterable[tuple[str, Path]]) -> Assets:
    """Reads the static folders: (owner, folder) pairs; names are `owner/relative/path`."""
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
    return Assets(found, {asset.url: asset for asset in found.values()})


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
