"""Databases made ready once for each test process and copied for every test after the first."""

import atexit
import hashlib
import importlib.util
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import psycopg

import openbureau
from openbureau.base.database import db
from openbureau.base.plugins import Source

_ready: dict[tuple[str, str], str] = {}
_numbers = count(1)


def schema_of(sources: Iterable[Source]) -> str:
    """What the core's and these plugins' migrations come to: the same text, the same tables."""
    seen = hashlib.sha256()
    for name, folder in [("core", Path(str(openbureau.__file__)).parent), *_folders(sources)]:
        seen.update(name.encode())
        for file in sorted((folder / "migrations").glob("*.py")):
            seen.update(file.name.encode() + file.read_bytes())
    return seen.hexdigest()


def _folders(sources: Iterable[Source]) -> Iterable[tuple[str, Path]]:
    for source in sources:
        places = getattr(source.module, "__path__", None) or _places(source.module_name)
        yield from ((source.slug, Path(place)) for place in places)


def _places(module_name: str) -> Iterable[str]:
    try:
        spec = importlib.util.find_spec(module_name)
    except (ImportError, ValueError):
        return ()
    return (spec and spec.submodule_search_locations) or ()


def start_from_copy(url: str, content: str) -> bool:
    """Whether an empty database was filled with what `keep_copy` kept under this name."""
    kept = _ready.get((_server(url), content))
    if kept is not None and _is_file(url):
        _path(url).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(kept, _path(url))
    elif kept is not None:
        name = _name(url)
        _order(url, f"DROP DATABASE {name}", f"CREATE DATABASE {name} TEMPLATE {kept}")
    return kept is not None


def keep_copy(url: str, content: str) -> None:
    """Keeps a copy of the open database for the rest of this process."""
    kept = f"ready_{next(_numbers)}"
    if _is_file(url):
        kept = str(_folder() / kept)
        with closing(sqlite3.connect(_path(url))) as connection:
            connection.execute("VACUUM INTO ?", [kept])
    else:
        db.close_all()
        _order(url, f"CREATE DATABASE {kept} TEMPLATE {_name(url)}")
    _ready[_server(url), content] = kept


def _order(url: str, *statements: str) -> None:
    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as own:
        for statement in statements:
            own.execute(statement)


@cache
def _folder() -> Path:
    folder = mkdtemp(prefix="openbureau-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _is_file(url: str) -> bool:
    return url.startswith("sqlite:")


def _server(url: str) -> str:
    return "" if _is_file(url) else urlsplit(url).netloc


def _path(url: str) -> Path:
    return Path(urlsplit(url).path.removeprefix("/"))


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
