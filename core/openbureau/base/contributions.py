"""What plugins put into somebody else's page: on threads of their own, for a limited time.

Foreign code cannot be cut off in a thread. So it runs on four threads, at most two of one
plugin; who is late is left out, counted as a fault, and rests after five of them.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from openbureau.base.database import reading
from openbureau.base.declarations import SlotFill
from openbureau.base.errors import Problem
from openbureau.base.i18n import N_
from openbureau.base.request import Request

THREADS = 4
PER_PLUGIN = 2
PATIENCE_S = 1.0

_pool = ThreadPoolExecutor(THREADS, "contribution")
_turns: dict[str, threading.BoundedSemaphore] = defaultdict(
    lambda: threading.BoundedSemaphore(PER_PLUGIN)
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one plugin contributed; None when it failed, rests or had no turn."""

    slug: str
    parts: Sequence[Any] | None


def contributors(request: Request, hook: str) -> list[str]:
    """Plugins that implement a hook and are on for the person, in loading order."""
    enabled = request.ctx.plugins if request.ctx else frozenset()
    return [s for s in request.app.plugins.executor.plugins_with(hook) if s in enabled]


def contributions(
    request: Request,
    hook: str,
    slugs: Sequence[str],
    make: Callable[[str, Any], Any],
    arguments: Mapping[str, Any],
    budget_s: float,
) -> tuple[list[Contribution], list[str]]:
    """(contributions ready within the budget, slugs of the late ones).

    `make(slug, declared)` turns each value the hook returned into what the page shows; it
    runs with the hook, so a fault in it is the plugin's too.
    """
    started: dict[str, Future[Contribution]] = {
        slug: _pool.submit(_contribution, request, hook, slug, make, arguments) for slug in slugs
    }
    wait(started.values(), timeout=budget_s)
    ready = [future.result() for future in started.values() if future.done()]
    late = [slug for slug, future in started.items() if not future.done()]
    if budget_s >= PATIENCE_S:
        for slug in late:
            request.app.plugins.executor.record(slug, hook, TimeoutError(f"over {budget_s} s"))
    return ready, late


def _contribution(
    request: Request,
    hook: str,
    slug: str,
    make: Callable[[str, Any], Any],
    arguments: Mapping[str, Any],
) -> Contribution:
    executor = request.app.plugins.executor
    turn = _turns[slug]
    if not turn.acquire(timeout=PATIENCE_S):
        return Contribution(slug, None)
    try:
        with reading():
            is_done, declared = executor.call_one(hook, slug, ctx=request.person, **arguments)
            parts = [make(slug, each) for each in declared or ()] if is_done else None
    except Problem:
        return Contribution(slug, None)
    except Exception as fault:  # noqa: BLE001 - foreign code and templates may raise anything
        executor.record(slug, hook, fault)
        return Contribution(slug, None)
    finally:
        turn.release()
    return Contribution(slug, parts)


def filled_slot(request: Request, name: str, subject: str) -> Markup:
    """What plugins put into the slot `name` of a page about `subject` (`realm:id`).

    Templates call it as `slot(name, subject)`; who fails or is late leaves one line.
    """
    slugs = contributors(request, "slot_fills")
    if not slugs:
        return Markup()
    environment = request.environment

    def rendered(slug: str, fill: SlotFill) -> tuple[int, str]:
        template = environment.get_template(fill.template)
        return fill.order, template.render(ctx=request.ctx, **fill.context)

    arguments = {"slot": name, "subject": subject}
    ready, late = contributions(request, "slot_fills", slugs, rendered, arguments, PATIENCE_S)
    fills = sorted(part for found in ready for part in found.parts or ())
    silent = [*late, *(found.slug for found in ready if found.parts is None)]
    return Markup("\n").join(
        [
            *(Markup(html) for _, html in fills),  # noqa: S704 - autoescaped templates
            *(_silent_line(request, slug) for slug in silent),
        ]
    )


def _silent_line(request: Request, slug: str) -> Markup:
    label = request.app.plugins.records[slug].label(request.catalogue.language)
    text = request.catalogue.gettext(N_("「%(plugin)s」暂不可用"), plugin=label)
    return Markup('<p class="minor">{}</p>').format(text)
