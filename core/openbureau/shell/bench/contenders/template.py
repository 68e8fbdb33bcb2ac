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
        "title": f"关于开展电梯安全专项检查的通知〔{number}〕",
        "unit_name": "省局",
        "moment": "11-20 16:40",
        "is_urgent": number % 17 == 0,
        "is_unread": number > 990,
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
        total=1_000_000,
        next_url="/bulletins/?before=1-1",
    )
    return HTMLResponse(html)


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/{path:path}", page)]), arguments().port)
