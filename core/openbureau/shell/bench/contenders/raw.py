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

from openbureau.shell.bench import subject
from openbureau.shell.bench.contenders.serving import FOLDER, arguments, menu, serve

CHINA = dt.timezone(dt.timedelta(hours=8))
WHO = """
SELECT account.id, account.name, post.title, unit.short_name FROM session
JOIN account ON account.id = session.account_id JOIN post ON post.id = session.post_id
JOIN unit ON unit.id = post.unit_id
WHERE session.token_hash = ? AND session.ended_at IS NULL"""
ALLOWED = """
SELECT DISTINCT role_permission.permission FROM role_permission
JOIN role ON role.id = role_permission.role_id WHERE role.is_default"""
UNREAD = "SELECT record_id FROM todo WHERE account_id = ? AND state = 'open' AND kind = 'read'"
TOTAL = "SELECT SUM(total) FROM participant_total WHERE realm = ? AND kind = ?"
ROWS = f"""
SELECT b.id, b.title, b.is_urgent, b.published_at, unit.short_name FROM {subject.TABLE} b
JOIN unit ON unit.id = b.unit_id
WHERE b.unit_id = (SELECT id FROM unit WHERE parent_id IS NULL) AND b.state = 'published'
AND b.published_at < ? ORDER BY b.published_at DESC, b.id DESC LIMIT 51"""  # noqa: S608 - a constant

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
    if not who or (subject.PERMISSION,) not in query(ALLOWED):
        return PlainTextResponse("no", 403)
    account, name, title, unit = who[0]
    unread = {record for (record,) in query(UNREAD, (account,))}
    found = query(ROWS, (int(request.query_params.get("before", f"{2**62}").partition("-")[0]),))
    rows = [
        {
            "id": key,
            "title": heading,
            "is_urgent": is_urgent,
            "is_unread": key in unread,
            "unit_name": place,
            "moment": dt.datetime.fromtimestamp(at / 1000, CHINA).strftime("%m-%d %H:%M"),
        }
        for key, heading, is_urgent, at, place in found[:50]
    ]
    html = environment.get_template("list.html").render(
        person={"name": name, "title": title, "unit": unit},
        unread=len(unread),
        menu=menu(),
        rows=rows,
        total=query(TOTAL, (subject.REALM, subject.KIND))[0][0],
        next_url=f"/bulletins/?before={found[49][3]}-{found[49][0]}" if len(found) > 50 else "",
    )
    return HTMLResponse(html)


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/{path:path}", page)]), given.port)
