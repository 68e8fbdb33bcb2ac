"""在线会话: who is signed in (安全管理员)."""

from typing import Any

from openbureau.base.declarations import MenuEntry, Page
from openbureau.base.errors import NotFound
from openbureau.base.i18n import N_
from openbureau.base.pages import page, redirect
from openbureau.base.request import Request
from openbureau.kernel.accounts.acts import by
from openbureau.kernel.accounts.oversight import reach_of
from openbureau.kernel.accounts.session_list import (
    SESSIONS,
    WantedSessions,
    end_all_sessions,
    end_one_session,
    session_account,
    sessions_page,
    sessions_total,
)
from openbureau.kernel.units.queries import UnitTree, unit_tree
from openbureau.kit import paging
from openbureau.shell.browsers import browser_name
from openbureau.shell.console.people_labels import unit_choices, unit_words

URL = "/-/console/sessions"
WORDS_CHARACTERS = 100


def list_sessions(request: Request) -> Any:
    """Sessions in reach that are not over, the latest used first."""
    ctx = request.person
    tree = unit_tree(request.session.units_epoch)
    given = {
        name: request.query.get(name, "").strip()[:WORDS_CHARACTERS]
        for name in ("q", "address", "unit")
    }
    unit = tree.by_code.get(given["unit"])
    wanted = WantedSessions(
        given["q"], given["address"], tree.subtree_ids(unit.id) if unit else None
    )
    reach = reach_of(ctx, SESSIONS)
    place = paging(request, sessions_total(reach, wanted, ctx.now))
    rows = sessions_page(reach, wanted, ctx.now, place.per_page, place.offset)
    say = request.catalogue.gettext
    units = [("", say(N_("全部"))), *unit_choices(tree, reach.covers)]
    return page(
        "core/console_sessions.html",
        fragment="rows",
        rows=[_line(request, tree, row) for row in rows],
        paging=place,
        given=given,
        filters=[
            {"name": "unit", "label": say(N_("单位")), "value": given["unit"], "options": units}
        ],
        is_narrowed=any(given.values()),
    )


def _line(request: Request, tree: UnitTree, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "login": row.login,
        "unit": unit_words(tree, row.unit_id),
        "address": row.address,
        "browser": browser_name(row.browser),
        "created_at": row.created_at,
        "seen_at": row.seen_at,
        "is_own": row.id == request.session.id,
        "is_incomplete": bool(row.stage),
    }


def delete_session(request: Request) -> Any:
    """Ends one session."""
    end_one_session(request.person, request.params["id"], by(request.person))
    return redirect(URL, "该处登录已结束。")


def confirm_end_all(request: Request) -> Any:
    """Asks whether to end every session of a person."""
    account = session_account(request.person, request.params["id"])
    if account.id == request.person.account.id:
        raise NotFound
    say = request.catalogue.gettext
    return page(
        "core/confirm.html",
        heading=say("结束此人的全部登录？"),
        lines=[
            f"{account.name} · {account.login}",
            say("此人立即退出，没有保存的内容留在草稿中；账号不停用，可以重新登录。"),
        ],
        action=request.path,
        hidden=[],
        submit_label=say("全部结束"),
        cancel_url=URL,
        form=None,
    )


def delete_all_sessions(request: Request) -> Any:
    """Ends every session of the person whose session this is."""
    account = session_account(request.person, request.params["id"])
    if account.id == request.person.account.id:
        raise NotFound
    total = end_all_sessions(account, by(request.person))
    return redirect(URL, request.catalogue.gettext("已结束 %(total)s 处登录。", total=total))


PAGES = (
    Page("console/sessions", list_sessions, SESSIONS),
    Page("console/sessions/{id:int}/end", delete_session, SESSIONS, methods=("POST",)),
    Page("console/sessions/{id:int}/end-all", confirm_end_all, SESSIONS),
    Page("console/sessions/{id:int}/end-all", delete_all_sessions, SESSIONS, methods=("POST",)),
)
MENU = (MenuEntry(N_("在线会话"), URL, SESSIONS, N_("权限与安全"), "device-desktop", 955),)
