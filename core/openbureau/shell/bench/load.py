"""Load: a server on one core, wrk on the other, one file of requests for all contenders."""

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

CONNECTIONS = 16
SCRIPT = Path(__file__).with_name("wrk.lua")
READY_S = 60
STOP_S = 10


@dataclass(frozen=True, slots=True)
class Call:
    """One request to send; headers without `host`."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""

    def raw(self, host: str) -> bytes:
        """The request as bytes on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to measure: how it starts, what it is asked."""

    name: str
    arguments: Sequence[str]
    calls: Sequence[Call]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round of load found. Latencies in milliseconds. `cpu_us` is what the server's
    processes used for one request: the same however busy the machine is with other things."""

    rate: float
    p50_ms: float
    p99_ms: float
    faults: int = 0
    sent: int = 0
    cpu_us: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How often and how long each contender is loaded."""

    rounds: int
    seconds: int


def missing_wrk() -> str:
    """Why no load can be made; empty when it can."""
    if shutil.which("wrk") is None:
        return "wrk is not installed (Debian package wrk)"
    return "" if shutil.which("taskset") else "taskset is not installed (Debian package util-linux)"


def cores() -> tuple[int, int]:
    """(core of the server, core of the load)."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    probe: Call,
    *,
    is_pinned: bool = True,
) -> Iterator[tuple[int, int]]:
    """A server module, pinned to the first core or not: (port, process id), once it has
    answered."""
    port = free_port()
    pinned = ["taskset", "-c", str(cores()[0])] if is_pinned else []
    command = [*pinned, sys.executable, "-m", *arguments]
    with subprocess.Popen(
        [part.replace("{port}", str(port)) for part in command],
        env=environment_with(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(process, port, probe)
            yield port, process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def environment_with(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment; an operator's own settings are no part of a measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBUREAU_")}
    return {**kept, **settings}


def _wait(process: subprocess.Popen[bytes], port: int, probe: Call) -> None:
    ends = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            answer(port, probe)
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"no answer to {probe.path} from {process.args!r}")


def answer(port: int, call: Call) -> tuple[Mapping[str, str], bytes]:
    """Headers (lower case) and body of one answer that is no error.

    Raises OSError: nobody answers. Raises RuntimeError: the answer is an error.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_S)
    with closing(connection):
        connection.request(call.method, call.path, call.body or None, dict(call.headers))
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.headers.items()}
        body = found.read()
    if found.status >= http.client.BAD_REQUEST:
        raise RuntimeError(f"{call.method} {call.path}: {found.status}")
    return headers, body


def loaded(port: int, calls: Sequence[Call], seconds: int, folder: Path, first: int = 0) -> Figures:
    """One round of load on a port, beginning with the call at `first`."""
    requests = folder / "requests"
    host = f"127.0.0.1:{port}"
    raw = [call.raw(host) for call in calls]
    requests.write_bytes(b"".join(b"%d\n%b" % (len(one), one) for one in raw))
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT)]
    done = subprocess.run(
        ["taskset", "-c", str(cores()[1]), "wrk", *options, f"http://{host}", "--",
         str(requests), str(first)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    return Figures(
        rate=found["requests"] / found["duration_us"] * 1e6,
        p50_ms=found["p50_us"] / 1000,
        p99_ms=found["p99_us"] / 1000,
        faults=found["faults"] + found["refused"],
        sent=found["requests"],
    )


def compared(contenders: Sequence[Contender], plan: Plan, folder: Path) -> dict[str, Figures]:
    """Medians per contender over interleaved rounds; each round starts every server anew."""
    rounds: dict[str, list[Figures]] = {contender.name: [] for contender in contenders}
    for _ in range(plan.rounds):
        for contender in contenders:
            given = (contender.arguments, contender.environment, contender.calls[0])
            with running(*given) as (port, process):
                for call in contender.calls[: CONNECTIONS * 2]:
                    answer(port, call)
                before = cpu_s(process)
                found = loaded(port, contender.calls, plan.seconds, folder)
                used_us = (cpu_s(process) - before) * 1e6 / max(found.sent, 1)
                rounds[contender.name].append(replace(found, cpu_us=used_us))
    return {name: median(found) for name, found in rounds.items()}


def cpu_s(process: int) -> float:
    """Seconds of processor time used so far by a process and its children."""
    used = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if str(process) in {stat.parent.name, fields[1]}:
            used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def median(found: Sequence[Figures]) -> Figures:
    """The middle of several rounds; faults and requests added up."""
    return Figures(
        rate=statistics.median(figures.rate for figures in found),
        p50_ms=statistics.median(figures.p50_ms for figures in found),
        p99_ms=statistics.median(figures.p99_ms for figures in found),
        faults=sum(figures.faults for figures in found),
        sent=sum(figures.sent for figures in found),
        cpu_us=statistics.median(figures.cpu_us for figures in found),
    )
