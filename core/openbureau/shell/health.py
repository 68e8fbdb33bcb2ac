"""Whether this process answers."""

from typing import Any

from starlette.responses import PlainTextResponse

from openbureau.base.database import db
from openbureau.base.declarations import Page
from openbureau.base.request import Request


def show_health(request: Request) -> Any:
    """`ok` when the process and its database answer."""
    db.execute_sql("SELECT 1").fetchone()
    return PlainTextResponse("ok")


PAGES = (Page("health", show_health, "public", zone="public"),)
