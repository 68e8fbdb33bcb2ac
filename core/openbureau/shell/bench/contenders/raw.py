"""The same list by hand: sqlite3 and stock Jinja2, one connection per thread, no framework."""

import datetime as dt
import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from openbureau.shell.bench import items
from openbureau.shell.bench.contenders.serving import (
    FOLDER,
    KINDS,
    STATES,
    arguments,
    lamp_of,
    menu,
    serve,
)

CHINA = dt.timezone(dt.timedelta(hours=8))
WHO = """
SELECT account.id, account.name, post.title, unit.short_name, unit.access_unit_id FROM session
JOIN account ON account.id = session.account_id JOIN post ON post.id = session.post_id
JOIN unit ON unit.id = post.unit_id
WHERE session.token_hash = ? AND session.ended_at IS NULL"""
ALLOWED = """
SELECT DISTINCT role_permission.permission FROM role_permission
JOIN role ON role.id = role_permission.role_id WHERE role.is_default"""
UNREAD = "SELECT record_id FROM todo WHERE account_id = ? AND state = 'open' AND kind = 'read'"
TOTAL = "SELECT COUNT(*) FROM stock_item WHERE unit_id = ? AND voided_at IS NULL"
ROWS = """
SELECT i.id, i.code, i.name, i.kind, i.user, u.short_name, i.due_on, i.state FROM stock_item i
JOIN unit u ON u.id = i.unit_id
WHERE i.unit_id = ? AND i.voided_at IS NULL AND i.id < ? ORDER BY i.id DESC LIMIT 51"""

given = arguments()
environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, auto_reload=False)
local = threading.local()


def query(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """Rows of a statement."""
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(given.database)
    return list(local.connection.execute(sql, values))


def page(request: Request) -> Response:
    """The list for the holder of a session."""
    digest = hashlib.sha256(request.cookies.get("session", "").encode()).hexdigest()
    who = query(WHO, (digest,))
    if not who or (items.SEE,) not in query(ALLOWED):
        return PlainTextResponse("no", 403)
    account, name, title, unit, unit_id = who[0]
    unread = {record for (record,) in query(UNREAD, (account,))}
    found = query(ROWS, (unit_id, int(request.query_params.get("after", 2**62))))
    today = dt.datetime.now(CHINA).date()
    rows = [
        {
            "id": key,
            "code": code,
            "name": label,
            "kind_name": KINDS[kind],
            "user": user,
            "unit_name": place,
            "due_on": due_on,
            "state_name": STATES[state],
            "lamp": lamp_of(state, due_on, today),
        }
        for key, code, label, kind, user, place, due_on, state in found[:50]
    ]
    html = environment.get_template("list.html").render(
        person={"name": name, "title": title, "unit": unit},
        unread=len(unread),
        menu=menu(),
        rows=rows,
        total=query(TOTAL, (unit_id,))[0][0],
        next_url=f"/stock/item?after={found[49][0]}" if len(found) > 50 else "",
    )
    return HTMLResponse(html)


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/{path:path}", page)]), given.port)
