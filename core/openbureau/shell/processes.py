"""The parent of a running installation: web processes and one job consumer.

The parent listens, so a web process that dies loses no waiting connection, and it
restarts what dies, sooner the first time and later each next. It stops everything
on SIGTERM or SIGINT, and nothing outlives it.
"""

import errno
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import click

from openbureau.base.errors import OperatorError
from openbureau.base.settings import Loaded
from openbureau.shell.children import PARENT

_PORTS_TRIED = 50
_BACKLOG = 2048
_POLL_S = 0.2
_STABLE_S = 30.0
_LONGEST_DELAY_S = 10.0
_STARTS_ALLOWED = 5
_STOP_S = 30.0
_READY_S = 60.0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on `port`, or on the next free one after it.

    A moved port is said on standard error in both languages.
    Raises OperatorError: no port is free, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port + (_PORTS_TRIED if port else 1)
    for candidate in range(port, min(last, 65536)):
        try:
            listener = socket.create_server((host, candidate), family=family, backlog=_BACKLOG)
        except OSError as fault:
            if fault.errno in {errno.EADDRINUSE, errno.EACCES} and port:
                continue
            raise _unusable(host, port, fault) from fault
        if candidate != port and port:
            click.echo(
                f"[SRV-001] 端口 {port} 不可用，改用端口 {candidate}。\n"
                f"          Port {port} is not available; using port {candidate} instead.",
                err=True,
            )
        return listener
    raise _unusable(host, port, OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)))


def _unusable(host: str, port: int, fault: OSError) -> OperatorError:
    return OperatorError(
        "SRV-002",
        f"无法在 {host}:{port} 上监听：{fault.strerror}。系统未启动。请用 --host、--port 另选。",
        f"Cannot listen on {host}:{port}: {fault.strerror}. Nothing was started. "
        "Choose another with --host and --port.",
    )


def url_of(listener: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host)  # noqa: S104 - recognised, not bound
    return f"http://{shown or (f'[{host}]' if ':' in host else host)}:{port}/"


def child_environment(loaded: Loaded, port: int) -> dict[str, str]:
    """This process's environment with every setting from the command line added."""
    environment = dict(os.environ)
    for name, source in loaded.sources.items():
        if source == "command line":
            environment[f"OPENBUREAU_{name.upper()}"] = str(getattr(loaded.settings, name))
    environment["OPENBUREAU_DATA"] = str(loaded.settings.data)
    environment["OPENBUREAU_PORT"] = str(port)
    environment[PARENT] = str(os.getpid())
    return environment


@dataclass(slots=True)
class Child:
    """One process that is kept running. Times are of the monotonic clock."""

    command: Sequence[str]
    environment: Mapping[str, str]
    descriptors: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    faults: int = field(default=0)

    def start(self) -> None:
        """Starts the process in a group of its own, so that Ctrl-C reaches the parent only."""
        self.process = subprocess.Popen(
            self.command, env=self.environment, pass_fds=self.descriptors, process_group=0
        )
        self.started_at = time.monotonic()

    def tend(self, now: float) -> None:
        """Notes an ended process and starts it again when its waiting time is over."""
        if self.process is not None and self.process.poll() is not None:
            self.faults = 1 if now - self.started_at > _STABLE_S else self.faults + 1
            delay = min(_POLL_S * 2**self.faults, _LONGEST_DELAY_S)
            click.echo(
                f"[SRV-003] 进程 {self.process.pid} 意外结束（{self.process.returncode}），"
                f"{delay:g} 秒后重新启动。\n"
                f"          Process {self.process.pid} ended unexpectedly "
                f"({self.process.returncode}); starting it again in {delay:g} s.",
                err=True,
            )
            self.process, self.restart_at = None, now + delay
        if self.process is None and now >= self.restart_at:
            self.start()

    def signal(self, number: int) -> None:
        """Sends a signal if the process runs."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


def serve(
    loaded: Loaded,
    *,
    listener: socket.socket | None = None,
    on_ready: Callable[[str], object] | None = None,
    has_consumer: bool = True,
) -> None:
    """Runs web processes and the job consumer until SIGTERM or SIGINT.

    The database must be migrated. `on_ready` is called once with the address, when the
    first page has been answered.
    Raises OperatorError: the web process ends again and again before it ever answered.
    """
    settings = loaded.settings
    listener = listener or listen(settings.host, settings.port)
    listener.set_inheritable(True)
    environment = child_environment(loaded, listener.getsockname()[1])
    python, number = sys.executable, listener.fileno()
    web = [python, "-m", "openbureau.shell.web", "--fd", str(number)]
    children = [Child(web, environment, [number]) for _ in range(max(settings.workers, 1))]
    if has_consumer:
        children.append(Child([python, "-m", "openbureau.shell.worker"], environment))
    ready = threading.Event()
    threading.Thread(
        target=_announce, args=(url_of(listener), ready, on_ready), daemon=True
    ).start()
    asked = _stop_requests()
    try:
        while True:
            for child in children:
                child.tend(time.monotonic())
                if child.faults >= _STARTS_ALLOWED and not ready.is_set():
                    raise _hopeless()
            if select.select([asked], [], [], _POLL_S)[0]:
                return
    finally:
        stop(children)
        listener.close()


def stop(children: Sequence[Child]) -> None:
    """Lets every child end its work, and ends those that do not within 30 s."""
    for child in children:
        child.signal(signal.SIGTERM)
    ends = time.monotonic() + _STOP_S
    for child in children:
        if child.process is not None:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(ends - time.monotonic(), 0.1))
            child.signal(signal.SIGKILL)
            child.process.wait()


def _stop_requests() -> int:
    reader, writer = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(writer, b"."))
    return reader


def _announce(url: str, ready: threading.Event, on_ready: Callable[[str], object] | None) -> None:
    address = url.removeprefix("http://").removesuffix("/")
    ends = time.monotonic() + _READY_S
    while time.monotonic() < ends:
        connection = http.client.HTTPConnection(address, timeout=5)
        try:
            connection.request("GET", "/-/health")
            if connection.getresponse().status == http.client.OK:
                ready.set()
                if on_ready is not None:
                    on_ready(url)
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(_POLL_S)


def _hopeless() -> OperatorError:
    return OperatorError(
        "SRV-004",
        "服务进程反复在启动时结束，已停止尝试。数据未受影响。"
        "请查看上面的信息，并运行 openbureau check。",
        "A process ended again and again while starting; no more attempts are made. Data is "
        "unaffected. Read the messages above and run `openbureau check`.",
    )
