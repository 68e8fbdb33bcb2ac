"""The todo centre: six lists with the same columns and filters, and notices."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData

from openbureau.base.context import CHINA
from openbureau.base.declarations import Page, RecordKind
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.todos.actions import dismiss_notice, follow, unfollow
from openbureau.kernel.todos.queries import (
    Wanted,
    involvement_total,
    involvements_of,
    live_notices,
    open_steps,
    todo_total,
    todos_of,
)

PER_PAGE = 20
SOON_DAYS = 3
KEY_DIGITS = 18
CORE_RECORDS = {"core/handover": "/-/handovers/of"}
WORDS_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class TodoList:
    """One of the six lists. `kind` and `state` are those of todos; `involvement` those of
    records one started or follows."""

    code: str
    label: str
    kind: str = ""
    state: str = "open"
    involvement: str = ""
    hint: str = ""


LISTS = (
    TodoList("do", N_("待办"), "do", hint=N_("需要您办理的事项到达后显示在这里。")),
    TodoList("read", N_("待阅"), "read", hint=N_("请您阅知的公告和文件会显示在这里。")),
    TodoList("done", N_("已办"), state="done", hint=N_("办结和已阅的事项留在这里，可以再查。")),
    TodoList(
        "started",
        N_("我发起"),
        involvement="started",
        hint=N_("您发起的事项和它办到哪一步会显示在这里。"),
    ),
    TodoList(
        "followed",
        N_("我关注"),
        involvement="followed",
        hint=N_("在事项页面上选「关注」，办理进展就能在这里查看。"),
    ),
    TodoList("supervise", N_("督办"), "supervise", hint=N_("由本单位牵头的督办事项会显示在这里。")),
)
DUES = {"": N_("全部"), "late": N_("已超期"), "soon": N_("三日内到期")}


@dataclass(frozen=True, slots=True)
class TodoLine:
    """A line of any of the lists. `step` is where the matter stands now, `former_holder` who
    handed it over."""

    title: str
    url: str
    source_unit: str
    step: str
    arrived_at: Any
    lamp: str
    lamp_text: str
    former_holder: str = ""


def todo_lines(request: Request, rows: Sequence[Any]) -> list[TodoLine]:
    """Todos with their addresses and lamps."""
    say = request.catalogue.gettext
    return [
        TodoLine(
            row.title,
            record_url(request, row.realm, row.record_id),
            row.source_unit or "",
            say(row.step),
            row.arrived_at,
            *_lamp(request, row),
            row.former_holder or "",
        )
        for row in rows
    ]


def record_url(request: Request, realm: str, record_id: int) -> str:
    """Where a record opens; the todo list when its plugin is gone."""
    if realm in CORE_RECORDS:
        return f"{CORE_RECORDS[realm]}/{record_id}"
    kind = _record_kind(request, realm)
    return kind.url(record_id) if kind else "/-/todos"


def _record_kind(request: Request, realm: str) -> RecordKind | None:
    record = request.app.plugins.records.get(realm.partition("/")[0])
    for kind in record.declared.records if record else ():
        if kind.realm == realm:
            return kind
    return None


def _lamp(request: Request, row: Any) -> tuple[str, str]:
    say = request.catalogue.gettext
    if row.state == "done":
        return "ok", say("已办结") if row.kind != "read" else say("已阅")
    if row.due_on is None:
        return "pause", say("无时限")
    left = (row.due_on - _today(request)).days
    if left < 0:
        return "late", say("超期 %(days)s 天", days=-left)
    return ("warn" if left <= SOON_DAYS else "ok"), say("剩 %(days)s 天", days=left)


def _today(request: Request) -> dt.date:
    return request.person.now.astimezone(CHINA).date()


def list_todos(request: Request) -> Any:
    """One of the six lists, 20 a page."""
    ctx = request.person
    chosen = next((x for x in LISTS if x.code == request.query.get("tab")), LISTS[0])
    wanted, given = _wanted(request)
    total = _total(request, chosen, wanted)
    number = request.number("page", 1, 1, max(1, -(-total // PER_PAGE)))
    first = (number - 1) * PER_PAGE
    rows = _lines(request, chosen, wanted, first)
    at = _addresses(chosen.code, given)
    return page(
        "core/todos.html",
        fragment="rows",
        chosen=chosen,
        label=ctx.gettext(chosen.label),
        hint=ctx.gettext(chosen.hint),
        given=given,
        tabs=[_tab(request, each, chosen) for each in LISTS],
        is_narrowed=any(given.values()),
        filters=_filters(request, chosen, given),
        rows=rows,
        first=first + 1 if rows else 0,
        last=first + len(rows),
        total=total,
        previous_url=at(number - 1) if number > 1 else None,
        next_url=at(number + 1) if first + PER_PAGE < total else None,
    )


def _wanted(request: Request) -> tuple[Wanted, dict[str, str]]:
    """What the list is narrowed to, and the same as it stands in the address."""
    given = {
        "q": request.query.get("q", "").strip()[:WORDS_CHARACTERS],
        "plugin": request.query.get("plugin", ""),
        "due": request.query.get("due", ""),
    }
    if given["plugin"] not in request.person.plugins:
        given["plugin"] = ""
    if given["due"] not in DUES:
        given["due"] = ""
    today = _today(request)
    before = {"late": today, "soon": today + dt.timedelta(days=SOON_DAYS + 1)}
    return Wanted(given["q"], given["plugin"], before.get(given["due"])), given


def _total(request: Request, chosen: TodoList, wanted: Wanted) -> int:
    ctx = request.person
    if chosen.involvement:
        return involvement_total(ctx, chosen.involvement, wanted)
    return todo_total(ctx, chosen.kind, chosen.state, wanted)


def _lines(request: Request, chosen: TodoList, wanted: Wanted, offset: int) -> list[TodoLine]:
    ctx = request.person
    if chosen.involvement:
        rows = involvements_of(
            ctx, chosen.involvement, limit=PER_PAGE, offset=offset, wanted=wanted
        )
        return _followed_lines(request, rows)
    rows = todos_of(ctx, chosen.kind, chosen.state, limit=PER_PAGE, offset=offset, wanted=wanted)
    if chosen.state != "done":
        return todo_lines(request, rows)
    return _followed_lines(request, rows, lambda row: _lamp(request, row))


def _followed_lines(
    request: Request, rows: Sequence[Any], lamp: Callable[[Any], tuple[str, str]] | None = None
) -> list[TodoLine]:
    """Lines of records whose present step is looked up."""
    steps = open_steps((row.realm, row.record_id) for row in rows)
    lines = []
    for row in rows:
        standing = steps.get((row.realm, row.record_id), [])
        state, text = lamp(row) if lamp else _standing_lamp(request, standing)
        step = _standing(request, standing)
        url = record_url(request, row.realm, row.record_id)
        at = row.done_at if lamp else row.arrived_at
        lines.append(TodoLine(row.title, url, row.source_unit or "", step, at, state, text))
    return lines


def _standing_lamp(request: Request, standing: Sequence[Any]) -> tuple[str, str]:
    say = request.catalogue.gettext
    is_open = any(row.kind != "read" for row in standing)
    return ("warn", say("办理中")) if is_open else ("ok", say("已办结"))


def _standing(request: Request, standing: Sequence[Any]) -> str:
    """`会签`, or `待阅 12 人` where nothing is left but reading."""
    say = request.catalogue.gettext
    steps = [say(row.step) for row in standing if row.kind != "read" and row.step]
    if steps:
        return say("、").join(steps)
    readers = sum(row.total for row in standing if row.kind == "read")
    return say("待阅 %(total)s 人", total=readers) if readers else say("已办结")


def _addresses(code: str, given: Mapping[str, str]) -> Callable[[int], str]:
    kept = {name: value for name, value in given.items() if value}
    return lambda number: f"/-/todos?{urlencode({'tab': code, **kept, 'page': number})}"


def _tab(request: Request, each: TodoList, chosen: TodoList) -> tuple[str, str, bool, int | None]:
    counts = request.app.gate.counts(request)
    is_counted = each.state == "open" and each.kind
    total = counts.get(each.kind, 0) if is_counted else None
    label = request.catalogue.gettext(each.label)
    return label, f"/-/todos?tab={each.code}", each is chosen, total


def _filters(request: Request, chosen: TodoList, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The drop-downs of every list; only open todos have a limit to go by."""
    ctx = request.person
    plugins = [("", ctx.gettext(N_("全部")))] + [
        (record.slug, record.label(ctx.language))
        for record in request.app.plugins.loaded
        if record.slug in ctx.plugins and record.declared.records
    ]
    dues = [(code, ctx.gettext(label)) for code, label in DUES.items()]
    return [
        {
            "name": "plugin",
            "label": ctx.gettext(N_("业务")),
            "value": given["plugin"],
            "options": plugins,
        },
        {"name": "due", "label": ctx.gettext(N_("时限")), "value": given["due"], "options": dues},
    ][: 2 if chosen.kind and chosen.state == "open" else 1]


def update_follow(request: Request) -> Any:
    """Follows a record one may see, or follows it no longer."""
    ctx = request.person
    form = request.form if request.form is not None else FormData()
    realm, given = str(form.get("realm", "")), str(form.get("record", ""))
    kind = _record_kind(request, realm)
    if kind is None or not given.isdecimal() or len(given) > KEY_DIGITS:
        raise NotFound
    record_id = int(given)
    if realm.partition("/")[0] not in ctx.plugins or not kind.visible(ctx, record_id):
        raise NotFound
    if form.get("follow") == "0":
        unfollow(ctx, realm, record_id)
        return redirect(kind.url(record_id), "已取消关注。")
    follow(ctx, realm, record_id, kind.title(ctx, record_id))
    return redirect(kind.url(record_id), "已关注，可在「我关注」里查看进展。")


def list_notices(request: Request) -> Any:
    """What happened lately; dismissing a line loses nothing else."""
    ctx = request.person
    notices = [
        {"id": n.id, "text": ctx.gettext(n.text, **json.loads(n.params)), "url": n.url, "at": n.at}
        for n in live_notices(ctx.account.id, ctx.now)
    ]
    return page("core/notices.html", notices=notices)


def delete_notice(request: Request) -> Any:
    """Dismisses one notice."""
    dismiss_notice(request.params["id"], request.person.account.id, request.person.now)
    return redirect("/-/notices")


PAGES = (
    Page("todos", list_todos, "signed-in"),
    Page("follow", update_follow, "signed-in", methods=("POST",)),
    Page("notices", list_notices, "signed-in"),
    Page("notices/{id:int}/dismiss", delete_notice, "signed-in", methods=("POST",)),
)
