"""One page asked for inside a process: microseconds and statements, without any network.

`python -m openbureau.shell.bench.inprocess PLUGINS TOKEN` answers each number read from its
input with that many pages, and says what one took.
"""

import json
import statistics
import sys
import time
from typing import Any

from starlette.responses import Response

from openbureau.base.database import db
from openbureau.base.endpoint import run
from openbureau.base.request import Application, Request
from openbureau.base.settings import load_settings
from openbureau.shell.app import create_app
from openbureau.shell.bench import subject
from openbureau.shell.bench.rows import measured_plugins


def answered(app: Application, path: str, token: str) -> Response:
    """What a signed-in person gets from a path, in this thread."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"bench"), (b"cookie", f"session={token}".encode())],
        "client": ("127.0.0.1", 50000),
    }
    request = Request(app, scope, "0" * 16)
    request.route, request.params = app.routes.find("GET", path)
    return run(request, None, time.perf_counter())


def statements_of(app: Application, path: str, token: str) -> int:
    """How many statements a page takes."""
    total = 0

    def count(*_: Any) -> None:
        nonlocal total
        total += 1

    db.obj.query_hooks.append(count)
    try:
        answered(app, path, token)
    finally:
        db.obj.query_hooks.remove(count)
    return total


def main(plugins: int, token: str) -> None:
    """Answers until the input ends."""
    app: Application = create_app(
        load_settings().settings, measured_plugins(plugins, entries=1)
    ).state.openbureau
    for line in sys.stdin:
        took = []
        for _ in range(int(line)):
            started = time.perf_counter()
            answered(app, subject.LIST_URL, token)
            took.append((time.perf_counter() - started) * 1e6)
        found = {
            "us": statistics.median(took),
            "statements": statements_of(app, subject.LIST_URL, token),
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
