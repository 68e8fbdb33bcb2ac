"""The parent process: a port, children that are restarted, and nothing left behind."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from openbureau.base.errors import OperatorError
from openbureau.shell.processes import Child, listen, stop, url_of

HERE = Path(__file__).parent
Eventually = Callable[[Callable[[], bool]], None]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def test_a_free_port_is_used_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as listener:
        assert url_of(listener).startswith("http://127.0.0.1:")
    assert capsys.readouterr().err == ""


def test_a_taken_port_moves_on_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port) as second:
            moved = second.getsockname()[1]
    said = capsys.readouterr().err
    assert port < moved < port + 50
    assert f"端口 {port} 不可用，改用端口 {moved}" in said
    assert f"Port {port} is not available; using port {moved}" in said


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OperatorError, match="SRV-002"):
        listen("192.0.2.1", 8000)


def test_a_dead_child_is_started_again_later_each_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    child = Child([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ))
    waits = []
    for _ in range(3):
        child.tend(child.restart_at)
        assert child.process is not None
        child.process.wait()
        moment = time.monotonic()
        child.tend(moment)
        waits.append(round(child.restart_at - moment, 1))
    stop([child])
    assert waits == [0.4, 0.8, 1.6]
    assert "意外结束（7）" in capsys.readouterr().err


def test_a_child_does_not_outlive_its_parent(eventually: Eventually) -> None:
    command = [sys.executable, str(HERE / "parent_process.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: not is_alive(child))


def test_a_served_installation_survives_its_processes_and_stops_cleanly(
    tmp_path: Path, eventually: Eventually
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "OPENBUREAU_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-c", "from openbureau.shell.cli import main; main()"]
    parent = subprocess.Popen(
        [*command, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    assert f"http://127.0.0.1:{port}/" in parent.stdout.readline()

    def answers() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/-/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    first = children_of(parent.pid)
    assert len(first) == 2
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    eventually(answers)
    eventually(lambda: len(set(children_of(parent.pid)) - set(first)) == 2)
    last = children_of(parent.pid)
    parent.send_signal(signal.SIGTERM)
    with parent:
        assert parent.wait(40) == 0
    assert not [pid for pid in last if is_alive(pid)]
