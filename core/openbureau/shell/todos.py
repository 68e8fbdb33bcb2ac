"""The todo centre: 待办, 待阅, 已办, and notices."""

from dataclasses import dataclass
from typing import Any

from openbureau.base.context import CHINA
from openbureau.base.declarations import Page
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.todos.actions import dismiss_notice
from openbureau.kernel.todos.queries import live_notices, todo_total, todos_of

PER_PAGE = 20
TABS = (
    ("do", N_("待办"), "do", "open"),
    ("read", N_("待阅"), "read", "open"),
    ("done", N_("已办"), "", "done"),
)


STATES = {"open": N_("未办"), "done": N_("已办"), "cancelled": N_("已收回")}


@dataclass(frozen=True, slots=True)
class TodoLine:
    """A todo as lists show it."""

    title: str
    url: str
    source_unit: str
    step: str
    arrived_at: Any
    lamp: str
    lamp_text: str
    state: str = ""


def todo_line(request: Request, row: Any) -> TodoLine:
    """A todo row with its address and lamp."""
    lamp, text = _lamp(request, row)
    return TodoLine(
        row.title,
        record_url(request, row.realm, row.record_id),
        row.source_unit or "",
        request.catalogue.gettext(row.step),
        row.arrived_at,
        lamp,
        text,
        request.catalogue.gettext(STATES.get(row.state, row.state)),
    )


def record_url(request: Request, realm: str, record_id: int) -> str:
    """Where a record opens; the todo list when its plugin is gone."""
    record = request.app.plugins.records.get(realm.partition("/")[0])
    for kind in record.declared.records if record else ():
        if kind.realm == realm:
            return kind.url(record_id)
    return "/-/todos"


def _lamp(request: Request, row: Any) -> tuple[str, str]:
    say = request.catalogue.gettext
    if row.due_on is None:
        return "pause", say("无时限")
    left = (row.due_on - request.person.now.astimezone(CHINA).date()).days
    if left < 0:
        return "late", say("超期 %(days)s 天", days=-left)
    return ("warn" if left <= 3 else "ok"), say("剩 %(days)s 天", days=left)


def list_todos(request: Request) -> Any:
    """One of the lists, 20 a page, newest first."""
    ctx = request.person
    wanted = request.query.get("tab", "do")
    tab, _, kind, state = next((t for t in TABS if t[0] == wanted), TABS[0])
    total = todo_total(ctx, kind, state)
    number = request.number("page", 1, 1, max(1, -(-total // PER_PAGE)))
    first = (number - 1) * PER_PAGE
    rows = todos_of(ctx, kind, state, limit=PER_PAGE, offset=first)
    base = f"/-/todos?tab={tab}&page="
    return page(
        "core/todos.html",
        fragment="rows",
        tab=tab,
        tabs=[
            (
                ctx.gettext(label),
                f"/-/todos?tab={code}",
                code == tab,
                todo_total(ctx, k, s) if s == "open" else None,
            )
            for code, label, k, s in TABS
        ],
        rows=[todo_line(request, row) for row in rows],
        first=first + 1 if rows else 0,
        last=first + len(rows),
        total=total,
        previous_url=f"{base}{number - 1}" if number > 1 else None,
        next_url=f"{base}{number + 1}" if first + PER_PAGE < total else None,
    )


def list_notices(request: Request) -> Any:
    """What happened lately; dismissing a line loses nothing else."""
    ctx = request.person
    notices = [
        {"id": n.id, "text": ctx.gettext(n.text), "url": n.url, "at": n.at}
        for n in live_notices(ctx.account.id, ctx.now)
    ]
    return page("core/notices.html", notices=notices)


def delete_notice(request: Request) -> Any:
    """Dismisses one notice."""
    dismiss_notice(request.params["id"], request.person.account.id, request.person.now)
    return redirect("/-/notices")


PAGES = (
    Page("todos", list_todos, "signed-in"),
    Page("notices", list_notices, "signed-in"),
    Page("notices/{id:int}/dismiss", delete_notice, "signed-in", methods=("POST",)),
)
