"""What the contenders share: arguments, the server, the template, the invented menu."""

import argparse
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from openbureau.shell.bench import items
from openbureau.shell.bench.items import WARNING_DAYS

FOLDER = Path(__file__).parent / "shared"
MODULES, ENTRIES = 15, 4
KINDS, STATES = dict(items.KINDS), dict(items.STATES)


def arguments() -> argparse.Namespace:
    """`--port`, `--page` (the page measured, to be as large as it) and `--database`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--database", default="")
    return parser.parse_args()


def serve(app: ASGIApp, port: int) -> None:
    """The same server with the same options as the product."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        server_header=False,
        log_level="warning",
    )


def lamp_of(state: str, due_on: dt.date | str | None, today: dt.date) -> tuple[str, str] | None:
    """The lamp of a row: its state and its words."""
    if state != "used" or not due_on:
        return None
    left = (dt.date.fromisoformat(str(due_on)) - today).days
    if left < 0:
        return "late", f"超期 {-left} 天"
    return "warn" if left <= WARNING_DAYS else "ok", f"剩 {left} 天"


def menu() -> Sequence[dict[str, Any]]:
    """A menu as large as the product's: modules with their entries."""
    return [
        {
            "label": f"测试模块{module}",
            "entries": [
                {"url": f"/module{module}/page{n}", "label": f"测试模块{module}入口{n}"}
                for n in range(ENTRIES)
            ],
        }
        for module in range(MODULES)
    ]
