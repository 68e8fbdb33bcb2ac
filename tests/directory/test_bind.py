"""Signing in against the directory: who gets in, and how long anybody waits."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from openbureau.kernel.directory.binding import bind
from openbureau.kernel.directory.breaker import CircuitBreaker, SignInPool
from openbureau.testing.directory import (
    PASSWORD,
    bureau_entries,
    config_for,
    dn_of,
    person_entry,
    unit_of,
)
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import SUFFIX, Slapd, free_port

pytestmark = pytest.mark.slapd

LIMIT_S = 5.0


def test_right_password_proves_the_stable_identity(shared_slapd: Slapd) -> None:
    result = bind(config_for(shared_slapd), "u9", PASSWORD)
    assert (result.is_accepted, result.dn) == (True, dn_of(9))
    assert len(result.external_id) == 36
    assert bind(config_for(shared_slapd), "U9", PASSWORD).external_id == result.external_id


@pytest.mark.parametrize(
    ("login", "password"),
    [("u9", "wrong"), ("nobody", PASSWORD), ("u9", PASSWORD + " "), ("u9", "x" * 1024)],
)
def test_wrong_pair(shared_slapd: Slapd, login: str, password: str) -> None:
    result = bind(config_for(shared_slapd), login, password)
    assert (result.reason, result.external_id, result.dn) == ("wrong", "", "")


@pytest.mark.parametrize(
    "password", ["", "\0", f"{PASSWORD}\0", "x" * 1025, "x" * 1_048_576, "\ud800", "密" * 400]
)
def test_unusable_password_never_reaches_the_network(proxy: FaultProxy, password: str) -> None:
    assert bind(config_for(proxy), "u9", password).reason == "refused-input"
    assert proxy.accepted == 0


@pytest.mark.parametrize("login", ["", "\0", "u9\0", "u9\n", "\udcff", "u" * 101])
def test_unusable_login_never_reaches_the_network(proxy: FaultProxy, login: str) -> None:
    assert bind(config_for(proxy), login, PASSWORD).reason == "refused-input"
    assert proxy.accepted == 0


def test_empty_password_even_where_the_server_would_take_it(
    make_slapd: Callable[..., Slapd],
) -> None:
    server = make_slapd(bureau_entries(), extra="", options="allow bind_anon_cred bind_anon_dn\n")
    assert bind(config_for(server), "u9", "").reason == "refused-input"
    assert bind(config_for(server, password=""), "u9", PASSWORD).fault == "no-search-account"


@pytest.mark.parametrize(
    "login",
    [
        "*",
        "u*",
        "u9)(uid=*",
        ")(uid=*",
        "*)(objectClass=*",
        "u9)(|(uid=*",
        "u9))(&(uid=*",
        "\\2a",
        "\\",
        "(",
        "u9,ou=x",
        "=",
        "u9#",
        "；",
        "u9%00",
    ],
)
def test_injected_login_matches_nobody(shared_slapd: Slapd, login: str) -> None:
    assert bind(config_for(shared_slapd), login, PASSWORD).reason == "wrong"


def test_server_that_takes_us_for_somebody_else_is_not_believed(proxy: FaultProxy) -> None:
    proxy.fault = Fault(swap=(b"dn:uid=u9,", b"dn:uid=u8,"))
    assert bind(config_for(proxy), "u9", PASSWORD).reason == "wrong"
    assert bind(config_for(proxy), "u7", PASSWORD).is_accepted


def test_login_of_two_people_signs_nobody_in(make_slapd: Callable[..., Slapd]) -> None:
    twin = person_entry("u9", "另一人", unit_of(100))
    result = bind(config_for(make_slapd([*bureau_entries(), twin])), "u9", PASSWORD)
    assert (result.reason, result.external_id) == ("ambiguous", "")


def test_person_disabled_in_the_directory(make_slapd: Callable[..., Slapd]) -> None:
    left = person_entry("gone", "离职者", unit_of(0), employeeType="disabled")
    server = make_slapd([*bureau_entries(), left])
    assert bind(config_for(server), "gone", PASSWORD).reason == "disabled"
    assert bind(config_for(server), "gone", "wrong").reason == "wrong"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"base": f"ou=nowhere,{SUFFIX}"}, "wrong-base"),
        ({"password": "wrong"}, "refused-credentials"),
        ({"url": "http://localhost"}, "bad-url"),
    ],
)
def test_wrong_settings_are_a_fault_not_a_wrong_password(
    shared_slapd: Slapd, changes: dict[str, str], fault: str
) -> None:
    result = bind(config_for(shared_slapd, **changes), "u9", PASSWORD)
    assert (result.is_accepted, result.is_unavailable, result.fault) == (False, True, fault)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("hang"),
        Fault("refuse"),
        Fault("reset"),
        Fault("cut", 5),
        Fault("cut", 40),
        Fault("drip"),
        Fault("drip", 20),
        Fault(swap=(b"\x30", b"\xff")),
    ],
)
def test_faulty_server_answers_in_time(proxy: FaultProxy, fault: Fault) -> None:
    proxy.fault = fault
    began = time.monotonic()
    result = bind(config_for(proxy), "u9", PASSWORD)
    assert time.monotonic() - began < LIMIT_S
    assert (result.is_accepted, result.is_unavailable) == (False, True)


def test_server_that_is_down_or_frozen(make_slapd: Callable[..., Slapd]) -> None:
    server = make_slapd(bureau_entries())
    down = config_for(server, url=f"ldap://127.0.0.1:{free_port()}")
    assert bind(down, "u9", PASSWORD).fault == "unreachable"
    server.signal(signal.SIGSTOP)
    began = time.monotonic()
    assert bind(config_for(server), "u9", PASSWORD).fault == "timed-out"
    assert time.monotonic() - began < LIMIT_S


class TestPool:
    @pytest.fixture
    def pool(self) -> Iterator[SignInPool]:
        pool = SignInPool()
        yield pool
        pool.close()

    def test_eighty_hung_sign_ins_all_end_in_time(
        self, pool: SignInPool, proxy: FaultProxy
    ) -> None:
        proxy.fault = Fault("drip")
        waits: list[float] = []

        def attempt() -> None:
            began = time.monotonic()
            assert not pool.bind(config_for(proxy), "u9", PASSWORD).is_accepted
            waits.append(time.monotonic() - began)

        threads = [threading.Thread(target=attempt) for _ in range(80)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(waits) == 80
        assert max(waits) < LIMIT_S

    def test_failing_directory_is_left_alone_after_five_faults(
        self, pool: SignInPool, proxy: FaultProxy
    ) -> None:
        proxy.fault = Fault("refuse")
        for _ in range(9):
            assert pool.bind(config_for(proxy), "u9", PASSWORD).is_unavailable
        assert proxy.accepted == 5

    def test_wrong_passwords_do_not_open_the_breaker(
        self, pool: SignInPool, shared_slapd: Slapd
    ) -> None:
        for _ in range(9):
            assert pool.bind(config_for(shared_slapd), "u9", "wrong").reason == "wrong"
        assert pool.bind(config_for(shared_slapd), "u9", PASSWORD).is_accepted


class TestBreaker:
    def test_opens_pauses_tries_once_and_closes(self) -> None:
        now = [0.0]
        breaker = CircuitBreaker(lambda: now[0])
        for _ in range(5):
            assert breaker.may_try()
            breaker.record(is_fault=True)
        assert not breaker.may_try()
        now[0] = 30.0
        assert (breaker.may_try(), breaker.may_try()) == (True, False)
        breaker.record(is_fault=False)
        assert (breaker.may_try(), breaker.may_try()) == (True, True)

    def test_stays_open_when_the_one_attempt_fails(self) -> None:
        now = [0.0]
        breaker = CircuitBreaker(lambda: now[0])
        for _ in range(5):
            breaker.record(is_fault=True)
        now[0] = 31.0
        assert breaker.may_try()
        breaker.record(is_fault=True)
        now[0] = 60.0
        assert not breaker.may_try()
