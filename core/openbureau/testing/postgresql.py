"""A real PostgreSQL server for tests: own folder, free port, databases by the dozen."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

_USER = "postgres"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


def _program(name: str) -> str | None:
    found = shutil.which(name)
    if found is None:
        for place in _PLACES:
            candidates = sorted(Path("/").glob(f"{place[1:]}/{name}"))
            found = str(candidates[-1]) if candidates else found
    return found


def missing() -> str:
    """Why no server can be started here; empty when it can."""
    for program in ("initdb", "pg_ctl"):
        if _program(program) is None:
            return f"{program} is not installed (Debian package postgresql)"
    if os.geteuid() == 0 and not _has_user():
        return f"no user {_USER}, and the server refuses to run as root"
    return ""


def _has_user() -> bool:
    return any(entry.pw_name == _USER for entry in pwd.getpwall())


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A running server on this machine."""

    folder: Path
    port: int
    _numbers: Iterator[int]

    def url(self, name: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """Makes an empty database; its address."""
        name = f"bureau_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        return self.url(name)

    def restart(self) -> None:
        """Stops the server as a power cut would, and starts it again."""
        where, log = str(self.folder / "cluster"), str(self.folder / "log")
        _run("pg_ctl", "-D", where, "-m", "immediate", "-l", log, "-w", "restart")


@contextmanager
def running_postgresql(folder: Path) -> Iterator[Postgresql]:
    """A started server without durability (tests only); stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
        for above in folder.parents:
            # The server's user must be able to walk down to its folder.
            if above.owner() == "root" and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    where = str(folder / "cluster")
    _run("initdb", "-D", where, "-U", _USER, "-A", "trust", "--locale=C.UTF-8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    _run("pg_ctl", "-D", where, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield Postgresql(folder, port, count(1))
    finally:
        # Nothing in it is worth a checkpoint; a server that is gone already is stopped too.
        _run("pg_ctl", "-D", where, "-m", "immediate", "-w", "stop", is_needed=False)


def _run(program: str, *arguments: str, is_needed: bool = True) -> None:
    options = {"user": _USER, "cwd": "/"} if os.geteuid() == 0 else {}
    subprocess.run(
        [_program(program) or program, *arguments],
        check=is_needed,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )
