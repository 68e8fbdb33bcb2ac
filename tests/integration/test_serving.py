"""Starting and stopping a served installation, and what it refuses to start with."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from openbureau.testing.slapd import free_port

from .running import (
    ADMINISTRATOR,
    PASSWORD,
    Installation,
    Served,
    eventually,
    needs_proc,
    served,
)

STOP_S = 5.0


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    own = Installation(tmp_path_factory.mktemp("serving") / "data")
    own.init_small()
    return own


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data")


def test_taken_port_moves_on_and_says_so_in_both_languages(
    small: Installation, tmp_path: Path
) -> None:
    other = Installation(tmp_path / "data")
    other.init_small()
    port = str(free_port())
    with served(small, "--port", port) as first, served(other, "--port", port) as second:
        assert first.url.endswith(f":{port}")
        moved = second.url.rpartition(":")[2]
        said = second.log.read_text("utf-8")
        assert f"端口 {port} 不可用，改用端口 {moved}" in said
        assert f"Port {port} is not available; using port {moved}" in said
        assert second.visitor().get("/-/sign-in").status == 200


def test_open_address_without_a_proxy_is_refused(small: Installation) -> None:
    done = small.run("serve", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "SRV-005" in done.stderr
    assert "在 0.0.0.0 上监听会使网页和密码不加密地传输" in done.stderr
    assert "would send pages and passwords unencrypted" in done.stderr


@needs_proc
def test_sigterm_ends_every_process_cleanly_and_soon(small: Installation) -> None:
    with served(small, "--workers", "2") as server:
        own = server.children("openbureau.shell.web") + server.children("openbureau.shell.worker")
        assert len(own) == 3
        assert server.visitor().get("/-/sign-in").status == 200
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=60) == 0
        assert time.monotonic() - began < STOP_S
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in own))
    said = server.log.read_text("utf-8")
    assert "Traceback" not in said
    assert "SRV-003" not in said


@needs_proc
def test_killed_processes_come_back_and_sessions_with_them(small: Installation) -> None:
    with served(small) as server:
        visitor = server.visitor()
        assert visitor.sign_in(ADMINISTRATOR, PASSWORD).status == 200
        for module in ("openbureau.shell.web", "openbureau.shell.worker"):
            (before,) = server.children(module)
            os.kill(before, signal.SIGKILL)
            eventually(partial(_has_another, server, module, before))
        assert visitor.get("/").status == 200


def _has_another(server: Served, module: str, before: int) -> bool:
    return bool(set(server.children(module)) - {before})


@pytest.fixture(
    params=[
        ("portt = 1", "CONF-002", "未知的设置：portt", "Unknown settings"),
        ('port = "abc"', "CONF-003", "设置 port 的值 'abc'", "Setting port has an unusable value"),
        ('log_level = "loud"', "CONF-003", "设置 log_level 的值", "Setting log_level"),
        ("threads = 0", "CONF-003", "设置 threads 的值 0", "Setting threads"),
        ("port = = 1", "CONF-001", "无法读取", "Cannot read"),
    ],
    ids=["unknown", "type", "choice", "range", "syntax"],
)
def unusable(request: pytest.FixtureRequest, empty: Installation) -> tuple[str, ...]:
    line, *said = request.param
    empty.data.mkdir()
    (empty.data / "openbureau.toml").write_text(f"{line}\n")
    return tuple(said)


def test_unusable_configuration_is_named_in_both_languages(
    empty: Installation, unusable: tuple[str, ...]
) -> None:
    done = empty.run("serve")
    assert done.returncode == 1
    for words in (*unusable, "openbureau.toml"):
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (empty.data / "openbureau.sqlite3").exists()


@pytest.mark.parametrize("command", ["serve", "accounts", "check"])
@pytest.mark.parametrize("fault", ["damaged", "unreachable"])
def test_database_that_does_not_answer_is_said_plainly(
    empty: Installation, command: str, fault: str
) -> None:
    if fault == "damaged":
        empty.data.mkdir()
        (empty.data / "openbureau.sqlite3").write_bytes(b"no database" * 100)
    else:
        empty.settings["OPENBUREAU_DATABASE"] = "postgresql://nobody@127.0.0.1:1/nothing"
    done = empty.run(command)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    wanted = {
        "damaged": ("数据库文件无法打开", "The database file cannot be opened"),
        "unreachable": ("数据库服务器没有响应", "The database server does not answer"),
    }
    for words in wanted[fault]:
        assert words in said
