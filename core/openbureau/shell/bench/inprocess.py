"""Pages asked for inside a process: microseconds and statements, without any network.

`python -m openbureau.shell.bench.inprocess PLUGINS` answers each line `TIMES TOKEN ADDRESS`
read from its input by asking for that page so often, and says what one took.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response

from openbureau.base.database import db
from openbureau.base.endpoint import run
from openbureau.base.request import Application, Request
from openbureau.base.settings import load_settings
from openbureau.shell.app import create_app
from openbureau.shell.bench.load import cores, environment_with
from openbureau.shell.bench.rows import Ground, measured_plugins

SLOW = 0.95


def answered(app: Application, address: str, token: str) -> Response:
    """What a signed-in person gets from an address, in this thread."""
    path, _, query = address.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"bench"), (b"cookie", f"session={token}".encode())],
        "client": ("127.0.0.1", 50000),
    }
    request = Request(app, scope, "0" * 16)
    request.route, request.params = app.routes.find("GET", path)
    return run(request, None, time.perf_counter())


def statements_of(app: Application, address: str, token: str) -> int:
    """How many statements a page takes."""
    total = 0

    def count(*_: Any) -> None:
        nonlocal total
        total += 1

    db.obj.query_hooks.append(count)
    try:
        answered(app, address, token)
    finally:
        db.obj.query_hooks.remove(count)
    return total


def main(plugins: int) -> None:
    """Answers until the input ends."""
    app: Application = create_app(
        load_settings().settings, measured_plugins(plugins, entries=1)
    ).state.openbureau
    for line in sys.stdin:
        times, token, address = line.split()
        took = []
        for _ in range(int(times)):
            started = time.perf_counter()
            answer = answered(app, address, token)
            took.append((time.perf_counter() - started) * 1e6)
        found = {
            "us": statistics.median(took),
            "slow_us": sorted(took)[int(len(took) * SLOW)],
            "statements": statements_of(app, address, token),
            "status": answer.status_code,
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


@contextmanager
def asking(ground: Ground, plugins: int) -> Iterator[Callable[[str, str, int], Any]]:
    """A process pinned to the server's core on a filled installation, as a function of address,
    token and how often."""
    module = "openbureau.shell.bench.inprocess"
    environment = {
        "OPENBUREAU_DATA": str(ground.settings.data),
        "OPENBUREAU_DATABASE": ground.settings.database,
        "OPENBUREAU_LOG_LEVEL": "warning",
    }
    with subprocess.Popen(
        [*("taskset", "-c", str(cores()[0]), sys.executable, "-m", module), str(plugins)],
        env=environment_with(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        into, out = process.stdin, process.stdout

        def ask(address: str, token: str, times: int) -> Any:
            into.write(f"{times} {token} {address}\n")
            into.flush()
            return json.loads(out.readline())

        yield ask
        into.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
