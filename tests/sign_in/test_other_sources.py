"""Sign-ins proved by a plugin: asked alone, recorded, and only the first factor."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openbureau.base.database import writing
from openbureau.base.hookspecs import hookimpl
from openbureau.base.plugins import Source
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.binding import bind
from openbureau.kernel.directory.breaker import sign_in_bind
from openbureau.kernel.directory.sources import Described, create_source, source_config
from openbureau.testing.bureau import Bureau, Client, close_bureau, open_bureau
from openbureau.testing.directory import PASSWORD, config_for
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX, Slapd
from openbureau.testing.synthetic import synthetic_plugins

URL = "/-/sign-in"
Make = Callable[..., Bureau]


def account_id(login: str) -> int:
    return int(Account.get(Account.login == login).id)


def by_header(request: Any) -> Any:
    """What a proxy in front of us says."""
    login = request.headers.get("x-person", "")
    return account_id(login) if login else None


def answering(source: Source, answer: Callable[[Any], Any]) -> Source:
    module: Any = source.module

    def authenticate(request: Any) -> Any:
        return answer(request)

    module.authenticate = hookimpl(authenticate)
    return source


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Bureaus whose plugins answer as given."""

    def opened(*answers: Callable[[Any], Any], second_factor: bool = False) -> Bureau:
        plugins = synthetic_plugins(len(answers), pages=1)
        sources = [answering(p, a) for p, a in zip(plugins, answers, strict=True)]
        return open_bureau(tmp_path / "data", "", sources, second_factor=second_factor)

    yield opened
    close_bureau()


def enter(client: Client, login: str) -> Any:
    headers = {"x-person": login}
    client.get(URL, headers)
    return client.post(f"{URL}/other", {"next": "/-/units"}, headers=headers)


def test_person_proved_by_a_header_enters_with_one_button(make: Make) -> None:
    bureau = make(by_header)
    client = bureau.client()
    assert "以李志华的身份进入" in client.get(URL, {"x-person": "li"}).words
    answer = enter(client, "li")
    assert (answer.status, answer.location) == (303, "/-/units")
    assert client.get("/").status == 200
    detail = bureau.rows("SELECT detail FROM audit_record WHERE action = 'core.sign_in'")
    assert "source:synth01" in detail[0][0]


def test_without_proof_there_is_no_button_and_no_way_in(make: Make) -> None:
    bureau = make(by_header)
    client = bureau.client()
    assert "身份进入" not in client.get(URL).words
    assert client.post(f"{URL}/other").location.startswith(URL)
    assert client.get("/").status == 303
    rows = bureau.rows("SELECT outcome FROM audit_record WHERE action = 'core.sign_in'")
    assert rows == [("denied",)]


def test_address_wanted_survives_a_refusal(make: Make) -> None:
    client = make(by_header).client()
    client.get(URL)
    answer = client.post(f"{URL}/other", {"next": "/a?x=1&y=2#z"})
    assert answer.location == f"{URL}?next=/a%3Fx%3D1%26y%3D2%23z"


@pytest.mark.parametrize("answer", [0, -1, 999999, 2**70, True, "1", 1.0, [], object(), b"1"])
def test_answer_that_is_no_active_account_signs_nobody_in(make: Make, answer: Any) -> None:
    bureau = make(lambda request: answer)
    client = bureau.client()
    assert client.get(URL).status == 200
    assert client.post(f"{URL}/other").location.startswith(URL)
    assert client.get("/").status == 303


def test_disabled_account_is_not_proved(make: Make) -> None:
    bureau = make(by_header)
    with writing():
        Account.update(state="disabled").where(Account.login == "li").execute()
    client = bureau.client()
    assert enter(client, "li").location.startswith(URL)
    assert client.get("/").status == 303


def boom(request: Any) -> Any:
    raise RuntimeError("no")


def leave(request: Any) -> Any:
    raise SystemExit(3)


def interrupt(request: Any) -> Any:
    raise KeyboardInterrupt


def abandon(request: Any) -> Any:
    raise GeneratorExit


@pytest.mark.parametrize("fault", [boom, leave, interrupt, abandon])
def test_plugin_that_fails_leaves_the_others_and_the_password(make: Make, fault: Any) -> None:
    bureau = make(fault, by_header)
    assert enter(bureau.client(), "li").location == "/-/units"
    assert bureau.sign_in("zhang").get("/").status == 200
    assert bureau.application.plugins.executor.faults[0].hook == "authenticate"


def test_administrator_proved_elsewhere_still_needs_the_second_factor(make: Make) -> None:
    bureau = make(by_header, second_factor=True)
    client = bureau.client()
    assert enter(client, "system").location == "/-/second-factor?next=/-/units"
    assert client.get("/-/console/plugins").status == 303


def test_proof_asked_of_another_site_is_refused(make: Make) -> None:
    bureau = make(by_header)
    client = bureau.client()
    client.get(URL)
    headers = {"x-person": "li", "sec-fetch-site": "cross-site"}
    assert client.post(f"{URL}/other", headers=headers).status == 403


def test_hanging_plugins_leave_the_page_and_the_password(make: Make) -> None:
    over = threading.Event()

    def hang(request: Any) -> Any:
        over.wait(30)

    bureau = make(hang)
    taken: list[float] = []

    def open_page() -> None:
        began = time.monotonic()
        assert bureau.client().get(URL).status == 200
        taken.append(time.monotonic() - began)

    try:
        threads = [threading.Thread(target=open_page) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 60
        assert max(taken) < 8
        began = time.monotonic()
        open_page()
        assert bureau.sign_in("li").get("/").status == 200
        assert time.monotonic() - began < 2
    finally:
        over.set()
    assert bureau.application.plugins.executor.is_resting("synth01", "authenticate")


def seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    answer = act()
    return time.monotonic() - began, answer


@pytest.fixture
def with_directory(make: Make, policy_slapd: Slapd) -> Iterator[tuple[Bureau, FaultProxy, Any]]:
    """A bureau whose plugin never answers, and somebody who signs in through a directory."""
    over = threading.Event()

    def hang(request: Any) -> Any:
        over.wait(60)

    with FaultProxy(policy_slapd.port) as way:
        bureau = make(hang)
        data = bureau.installation.settings.data
        with writing():
            described = Described("dir", "目录", way.url, READER_DN, SUFFIX, READER_PASSWORD)
            source = create_source(described, data=data, now=bureau.now)
            Account.create(
                login="fine",
                name="fine",
                source="ldap",
                external_id=bind(config_for(policy_slapd), "fine", PASSWORD).external_id,
                directory=source,
                created_at=bureau.now,
            )
        yield bureau, way, source_config(source, data)
        over.set()


@pytest.mark.deep
@pytest.mark.slapd
def test_hanging_plugin_and_the_directory_do_not_hold_each_other_up(
    with_directory: tuple[Bureau, FaultProxy, Any],
) -> None:
    bureau, way, config = with_directory
    client, known = bureau.client(), bureau.sign_in("li")
    client.get(URL)
    waiting = [threading.Thread(target=bureau.client().get, args=(URL,)) for _ in range(20)]
    for thread in waiting:
        thread.start()
    own = {"login": "fine", "password": PASSWORD}
    taken, answer = seconds(lambda: client.post(URL, own))
    assert (answer.status, answer.location) == (303, "/")
    assert taken < 5
    assert seconds(lambda: known.get("/-/units"))[0] < 2
    for thread in waiting:
        thread.join()
    stranger = bureau.client()
    stranger.get(URL)
    taken, answer = seconds(lambda: stranger.post(f"{URL}/other"))
    assert taken < 3
    assert "没有从其他来源确认您的身份" in stranger.follow(answer).words
    way.fault = Fault("hang")
    taken, answer = seconds(lambda: stranger.post(URL, own))
    assert (answer.status, "目录服务器暂时没有响应" in answer.words) == (503, True)
    assert taken < 6
    assert seconds(lambda: known.get("/-/units"))[0] < 2
    way.fault = Fault()
    assert sign_in_bind(config, "fine", PASSWORD).reason == "ok"
    names = {fault.hook for fault in bureau.application.plugins.executor.faults}
    assert names == {"authenticate"}
