"""The search page: every kind of record, grouped, with the words marked."""

import time
from itertools import groupby
from typing import Any

from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page
from openbureau.base.request import Request
from openbureau.kernel.search.queries import Hit, search
from openbureau.shell.directory import core_record_url
from openbureau.shell.todos import record_url

LIMIT = 60
CORE_LABELS = {"core/unit": N_("单位"), "core/account": N_("人员")}


def show_search(request: Request) -> Any:
    """What the words are found in, of what this person may see."""
    ctx = request.person
    words = request.query.get("q", "").strip()[:100]
    started = time.perf_counter()
    hits: list[Hit] = []
    total = 0
    if words:
        found = search(
            words,
            holders=ctx.holders,
            unit_ids=_readable_units(request),
            plugins=("core", *sorted(ctx.plugins)),
            limit=LIMIT,
        )
        hits, total = list(found.hits), found.total
    labels = _labels(request)
    ordered = sorted(
        hits, key=lambda hit: list(labels).index(hit.realm) if hit.realm in labels else 99
    )
    groups = [
        {"label": labels.get(realm, realm), "total": len(rows), "results": rows}
        for realm, rows in (
            (realm, [_line(request, hit) for hit in group])
            for realm, group in groupby(ordered, key=lambda hit: hit.realm)
        )
    ]
    elapsed_ms = round((time.perf_counter() - started) * 1000)
    return page("core/search.html", q=words, groups=groups, total=total, elapsed_ms=elapsed_ms)


def _readable_units(request: Request) -> frozenset[int]:
    """Units whose records the person reads through the reach of a plugin's first permission."""
    return frozenset(post.access_unit_id for post in request.person.posts)


def _labels(request: Request) -> dict[str, str]:
    say = request.catalogue.gettext
    labels = {realm: say(label) for realm, label in CORE_LABELS.items()}
    for record in request.app.plugins.loaded:
        labels |= {kind.realm: say(kind.label) for kind in record.declared.records}
    return labels


def _line(request: Request, hit: Hit) -> dict[str, Any]:
    url = (
        core_record_url(hit.realm, hit.key)
        if hit.realm in CORE_LABELS
        else record_url(request, hit.realm, hit.record_id)
    )
    return {
        "title": hit.title,
        "url": url,
        "summary_parts": hit.summary_parts,
        "unit_name": hit.unit_name,
        "at": hit.at if hit.realm not in CORE_LABELS else None,
    }


PAGES = (Page("search", show_search, "signed-in"),)
