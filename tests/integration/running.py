"""Installations as operators have them: a data directory, the command, real processes."""

import asyncio
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from openbureau.testing.client import Client
from openbureau.testing.slapd import free_port

READY_S = 60
LIMIT_S = 30
needs_bulletins = pytest.mark.skipif(
    find_spec("openbureau_bulletins") is None, reason="openbureau-bulletins is not installed"
)
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
ADMINISTRATOR, PASSWORD = "admin", "correct-horse-7"
Found = TypeVar("Found")
_READY = re.compile(r"已就绪 ready: (http://\S+)/")


@dataclass(slots=True)
class Installation:
    """A data directory and the settings it is run with."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: nothing of this process's own settings."""
        own = {k: v for k, v in os.environ.items() if not k.startswith("OPENBUREAU_")}
        return {**own, **self.settings, "OPENBUREAU_DATA": str(self.data)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `openbureau` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "openbureau", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_S,
        )

    def report(self, *arguments: str) -> Any:
        """What a command that must succeed reports as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def init(self, unit_list: Path) -> Any:
        """Makes it an installation with these units and one local administrator."""
        password_file = self.data.parent / f"{self.data.name}.password"
        password_file.write_text(f"{PASSWORD}\n")
        options = ("--name", "测试单位", "--admin", ADMINISTRATOR)
        files = ("--units", str(unit_list), "--password-file", str(password_file))
        done = self.report("init", *options, *files)
        if not self.environment.get("OPENBUREAU_DATABASE"):
            # A second factor is proved elsewhere; here an administrator's password is enough.
            self.write(
                "INSERT INTO setting_value (key, value, chosen_at) VALUES (?, ?, 0)",
                "core.second_factor",
                '"nobody"',
            )
        return done

    def init_small(self) -> None:
        """Makes it an installation of three units."""
        unit_list = self.data.parent / "units.csv"
        unit_list.write_text(
            "code,name,short_name,kind,parent,region,access_unit,name_source\n"
            "530000,云南省局,省局,province,,530000,1,plan\n"
            "530100,昆明市局,昆明市局,prefecture,530000,530100,1,plan\n"
            "530102,五华区局,五华区局,county,530100,530102,1,plan\n",
            "utf-8",
        )
        self.init(unit_list)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What its SQLite file holds."""
        with closing(sqlite3.connect(self.data / "openbureau.sqlite3", timeout=LIMIT_S)) as file:
            return file.execute(sql, values).fetchall()

    def write(self, sql: str, *values: Any) -> None:
        """Changes its SQLite file behind its back."""
        with closing(sqlite3.connect(self.data / "openbureau.sqlite3")) as file, file:
            file.execute(sql, values)


@dataclass(slots=True)
class Served:
    """A running `openbureau serve`."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def visitor(self) -> Client:
        """A browser nobody has signed in with, on a real connection."""
        return visitor(self.url)

    def children(self, module: str) -> list[int]:
        """The processes under the parent that run this module."""
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = [int(pid) for pid in own.read_text().split()]
        return [p for p in found if module in Path(f"/proc/{p}/cmdline").read_text()]

    @contextmanager
    def only(self, process: int) -> Iterator[None]:
        """The other web processes stand still: whatever is answered, this one answers."""
        others = [p for p in self.children("openbureau.shell.web") if p != process]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)


def visitor(url: str) -> Client:
    """A browser nobody has signed in with, on real connections to a server."""
    return Client(_over(url.removeprefix("http://")))


def _over(place: str) -> ASGIApp:
    """An application that passes every request on to a server at `place`."""

    def sent(scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode() + (f"?{query}" if query else "")
        headers = {k.decode(): v.decode("latin-1") for k, v in scope["headers"]}
        headers["host"] = place
        connection = http.client.HTTPConnection(place, timeout=LIMIT_S)
        with closing(connection):
            connection.request(scope["method"], path, body or None, headers)
            answer = connection.getresponse()
            pairs = [(k.lower().encode(), v.encode("latin-1")) for k, v in answer.getheaders()]
            return answer.status, pairs, answer.read()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        status, headers, body = await asyncio.to_thread(sent, scope, message["body"])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@contextmanager
def served(installation: Installation, *options: str) -> Iterator[Served]:
    """Runs `openbureau serve` until the end of the block."""
    log = installation.data.parent / f"{installation.data.name}.log"
    arguments = options if "--port" in options else ("--port", str(free_port()), *options)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "openbureau", "serve", *arguments],
            env=installation.environment,
            stdout=out,
            stderr=out,
        )
    try:
        url = eventually(lambda: _address(process, log), READY_S)
        yield Served(process, url, log)
    finally:
        process.terminate()
        process.wait(timeout=READY_S)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    said = log.read_text("utf-8", "replace")
    assert process.poll() is None, said
    found = _READY.search(said)
    return found[1] if found else ""


def eventually(look: Callable[[], Found], limit_s: float = LIMIT_S) -> Found:
    """The first true value `look` returns; fails when there was none within the limit."""
    ends_at = time.monotonic() + limit_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < ends_at, f"not within {limit_s} s"
        time.sleep(0.05)
