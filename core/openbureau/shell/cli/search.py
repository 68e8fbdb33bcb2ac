"""`openbureau search`: the index behind the search box, and building it anew."""

import datetime as dt
from collections.abc import Sequence

import click

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.kernel.audit.actions import record_audit
from openbureau.kernel.search.building import (
    KIND,
    Built,
    build_core_index,
    build_index,
    entry_totals,
)
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.indexes import Indexed, indexed


@click.group(cls=BureauGroup, help="搜索索引。The index behind the search box.")
def search() -> None:
    """Group of search commands."""


@search.command("list", help="列出各类记录的条数。List how many records of each kind are found.")
@json_option
def list_indexes(as_json: bool) -> None:
    opened = installation()
    with reading():
        totals = entry_totals()
    found = [
        {"realm": kind.realm, "entries": totals.get(kind.realm, 0), "can_build": kind.can_be_built}
        for kind in indexed(opened.plugins)
    ]
    report(found, as_json, lambda rows: (f"{r['entries']:10} {r['realm']}" for r in rows))


@search.command(
    "build",
    help="重建索引，期间照常可以搜索；不写种类则全部重建。"
    "Build the index anew, of these kinds or of all; searching goes on meanwhile.",
)
@click.argument("realm", nargs=-1)
@json_option
def build(realm: Sequence[str], as_json: bool) -> None:
    opened = installation()
    known = {kind.realm: kind for kind in indexed(opened.plugins) if kind.can_be_built}
    for name in realm:
        if name not in known:
            raise OperatorError(
                "SEARCH-001",
                f"没有可以重建的种类 {name!r}；可用的有 {'、'.join(known)}。没有任何改动。",
                f"{name!r} is no kind that can be built; known are {', '.join(known)}. "
                "Nothing changed.",
            )
    found = {name: _built(known[name]) for name in realm or known}
    report(
        [
            {"realm": name, "written": built.written, "removed": built.removed}
            for name, built in found.items()
        ],
        as_json,
        lambda rows: (f"{r['written']:10} {r['removed']:6} {r['realm']}" for r in rows),
    )


def _built(kind: Indexed) -> Built:
    now = dt.datetime.now(dt.UTC)
    if kind.read is None:
        built = build_core_index(kind.realm, now)
    else:
        built = build_index(kind.realm, kind.read)
    with writing():
        detail = {"written": built.written, "removed": built.removed}
        record_audit(action=KIND, at=now, realm=kind.realm, detail=detail)
    return built
