"""A signed session cookie and a stock Jinja2 template over fixed rows: no database."""

import hashlib
import hmac

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from openbureau.shell.bench.contenders.serving import FOLDER, arguments, menu, serve

ROWS = [
    {
        "id": number,
        "code": f"3110530000200{number:07}",
        "name": "乘客电梯",
        "kind_name": "电梯",
        "user": f"昆明某某食品厂{number}",
        "unit_name": "五华区局",
        "due_on": "2026-12-20",
        "state_name": "在用",
        "lamp": ("ok", f"剩 {number} 天"),
    }
    for number in range(1000, 950, -1)
]
KEY = b"a key of this contender"
environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, auto_reload=False)


def page(request: Request) -> Response:
    """The list for whoever holds a cookie; its signature costs what it would cost."""
    token = request.cookies.get("session", "")
    if not token:
        return PlainTextResponse("sign in", 401)
    hmac.digest(KEY, token.encode(), hashlib.sha256)
    html = environment.get_template("list.html").render(
        person={"name": "张晓梅", "title": "科员", "unit": "五华区局"},
        unread=10,
        menu=menu(),
        rows=ROWS,
        total=6_134,
        next_url="/stock/item?after=1",
    )
    return HTMLResponse(html)


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/{path:path}", page)]), arguments().port)
