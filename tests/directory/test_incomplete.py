"""Answers that are not whole: whatever way they are cut, nothing may be written."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from openbureau.base.database import db
from openbureau.kernel.directory.reading import read_directory
from openbureau.kernel.directory.snapshot import Snapshot
from openbureau.kernel.directory.sync import Report, synchronise
from openbureau.testing.directory import (
    NOW,
    bureau_entries,
    config_for,
    dn_of,
    person_entry,
    suffix_entries,
    unit_of,
)
from openbureau.testing.fault_proxy import Fault, FaultProxy
from openbureau.testing.slapd import SUFFIX, Slapd, free_port, make_certificates

pytestmark = [pytest.mark.slapd, pytest.mark.usefixtures("filled")]


@pytest.fixture
def filled(database: None, shared_slapd: Slapd) -> Iterator[None]:
    """A database that already holds the bureau; the test must leave it as it is."""
    report = synchronise(config_for(shared_slapd), is_dry_run=False, now=NOW)
    assert report.people["create"] == 208
    before = rows()
    yield
    assert rows() == before


def rows() -> list[Any]:
    tables = ("account", "post", "unit", "session", "epoch", "audit_record")
    return [db.execute_sql(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in tables]


def applied(server: Slapd | FaultProxy, **changes: Any) -> Report:
    return synchronise(config_for(server, **changes), is_dry_run=False, now=NOW)


def assert_incomplete(report: Report, reason: str) -> None:
    assert (report.incomplete, report.exit_status, report.plan) == (reason, 3, None)
    assert set(report.people.values()) == {0}


def referral_entry() -> tuple[str, dict[str, Any]]:
    return (
        f"cn=elsewhere,{SUFFIX}",
        {
            "objectClass": ["referral", "extensibleObject"],
            "cn": "elsewhere",
            "ref": f"ldap://127.0.0.1:1/cn=elsewhere,{SUFFIX}",
        },
    )


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ("size.soft=100 size.hard=100 size.prtotal=100", "size-limit"),
        ("size.soft=unlimited size.hard=unlimited size.pr=50", "admin-limit"),
        ("size.soft=unlimited size.hard=unlimited size.prtotal=disabled", "admin-limit"),
    ],
)
def test_answer_cut_by_a_limit(make_slapd: Callable[..., Slapd], limits: str, reason: str) -> None:
    assert_incomplete(applied(make_slapd(bureau_entries(), reader_limits=limits)), reason)


def test_server_down(shared_slapd: Slapd) -> None:
    url = f"ldap://127.0.0.1:{free_port()}"
    assert_incomplete(applied(shared_slapd, url=url), "unreachable")


def test_connection_refused_and_reset(proxy: FaultProxy) -> None:
    proxy.fault = Fault("refuse")
    assert_incomplete(applied(proxy), "cut-off")
    proxy.fault = Fault("reset")
    assert_incomplete(applied(proxy), "cut-off")


@pytest.mark.parametrize("after_bytes", [10, 1_000, 30_000, 60_000])
def test_cut_after_some_bytes(proxy: FaultProxy, after_bytes: int) -> None:
    proxy.fault = Fault("cut", after_bytes)
    assert_incomplete(applied(proxy), "cut-off")


def test_hanging_server(proxy: FaultProxy) -> None:
    proxy.fault = Fault("hang")
    began = time.monotonic()
    assert_incomplete(applied(proxy, deadline_s=1.0), "timed-out")
    assert time.monotonic() - began < 8


def test_dripping_server_is_cut_at_the_deadline(proxy: FaultProxy) -> None:
    proxy.fault = Fault("drip", 5_000)
    began = time.monotonic()
    assert_incomplete(applied(proxy, deadline_s=2.0), "timed-out")
    assert time.monotonic() - began < 8


def test_frozen_server(make_slapd: Callable[..., Slapd]) -> None:
    server = make_slapd(bureau_entries())
    server.signal(signal.SIGSTOP)
    assert_incomplete(applied(server, deadline_s=1.0), "timed-out")


def test_directory_that_changes_while_it_is_read(make_slapd: Callable[..., Slapd]) -> None:
    server = make_slapd(bureau_entries())
    with (
        FaultProxy(server.port, Fault("hold", 40_000)) as between,
        ThreadPoolExecutor(1) as reader,
    ):
        report = reader.submit(applied, between)
        assert between.is_held.wait(10)
        server.modify(f"dn: {dn_of(9)}\nchangetype: delete\n\n")
        between.resume.set()
        assert_incomplete(report.result(), "changed-meanwhile")


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("after_bytes", [40_000, 250_000])
def test_server_killed_in_mid_read(
    make_slapd: Callable[..., Slapd], after_bytes: int, *, is_restarted: bool
) -> None:
    more = [person_entry(f"more{index}", "多一人", unit_of(0)) for index in range(1_500)]
    server = make_slapd([*bureau_entries(), *more])
    with (
        FaultProxy(server.port, Fault("hold", after_bytes)) as between,
        ThreadPoolExecutor(1) as reader,
    ):
        report = reader.submit(applied, between)
        assert between.is_held.wait(10)
        server.kill()
        if is_restarted:
            server.start()
        between.resume.set()
        assert_incomplete(report.result(), "cut-off")


def test_empty_base(make_slapd: Callable[..., Slapd]) -> None:
    assert_incomplete(applied(make_slapd(suffix_entries())), "empty")


def test_units_without_people(make_slapd: Callable[..., Slapd]) -> None:
    units = [entry for entry in bureau_entries() if not entry[0].startswith("uid=")]
    assert_incomplete(applied(make_slapd(units)), "empty")


def test_wrong_base(shared_slapd: Slapd) -> None:
    assert_incomplete(applied(shared_slapd, base=f"ou=nowhere,{SUFFIX}"), "wrong-base")
    assert_incomplete(applied(shared_slapd, base="not a name"), "wrong-base")


def test_wrong_password_of_the_search_account(shared_slapd: Slapd) -> None:
    assert_incomplete(applied(shared_slapd, password="wrong"), "refused-credentials")


@pytest.mark.parametrize("missing", [{"password": ""}, {"bind_dn": ""}])
def test_no_anonymous_reading(shared_slapd: Slapd, missing: dict[str, str]) -> None:
    assert_incomplete(applied(shared_slapd, **missing), "no-search-account")


def test_referral_to_another_server_is_not_followed(make_slapd: Callable[..., Slapd]) -> None:
    server = make_slapd([*bureau_entries(), referral_entry()])
    assert_incomplete(applied(server), "referral")


def test_hidden_identities(make_slapd: Callable[..., Slapd]) -> None:
    entries = bureau_entries()
    server = make_slapd(entries, access="access to attrs=entryUUID by * none\n")
    assert_incomplete(applied(server), "no-identity")


@pytest.mark.parametrize("code", ["busy", "unavailable"])
def test_server_too_busy(make_slapd: Callable[..., Slapd], code: str) -> None:
    number = {"busy": 51, "unavailable": 52}[code]
    overlay = (
        f'moduleload retcode\noverlay retcode\nretcode-parent "cn=codes,{SUFFIX}"\n'
        f'retcode-item "cn=code" 0x{number:02x}\n'
    )
    server = make_slapd(bureau_entries(), extra=overlay)
    assert_incomplete(applied(server, base=f"cn=code,cn=codes,{SUFFIX}"), code)


@pytest.mark.parametrize(
    "url", ["", "http://localhost", "ldap://", "ldap://host:port", "localhost"]
)
def test_address_that_is_none(shared_slapd: Slapd, url: str) -> None:
    assert_incomplete(applied(shared_slapd, url=url), "bad-url")


def test_rubbish_instead_of_an_answer(proxy: FaultProxy) -> None:
    proxy.fault = Fault(swap=(b"\x30", b"\xff"))
    assert applied(proxy, deadline_s=5.0).exit_status == 3


class TestEncryption:
    """Nothing secret leaves before the certificate was checked."""

    def test_right_certificate(self, make_slapd: Callable[..., Slapd], tmp_path: Path) -> None:
        certificates = make_certificates(tmp_path / "tls")
        server = make_slapd(bureau_entries(), certificates=certificates)
        trusted = config_for(server, ca_file=str(certificates.ca_file), url=server.tls_url)
        assert isinstance(read_directory(trusted), Snapshot)
        start_tls = config_for(
            server, ca_file=str(certificates.ca_file), url=f"ldap://localhost:{server.port}"
        )
        assert isinstance(read_directory(start_tls), Snapshot)

    @pytest.mark.parametrize("fault", ["issuer", "host", "expired"])
    def test_wrong_certificate(
        self, make_slapd: Callable[..., Slapd], tmp_path: Path, fault: str
    ) -> None:
        certificates = make_certificates(
            tmp_path / "tls",
            host="elsewhere.example" if fault == "host" else "localhost",
            days=-1 if fault == "expired" else 2,
        )
        ca_file = certificates.ca_file
        if fault == "issuer":
            ca_file = make_certificates(tmp_path / "other").ca_file
        server = make_slapd(bureau_entries(), certificates=certificates)
        for target, scheme in ((server.tls_port, "ldaps"), (server.port, "ldap")):
            with FaultProxy(target) as between:
                url = f"{scheme}://localhost:{between.port}"
                report = applied(server, url=url, ca_file=str(ca_file))
                assert_incomplete(report, "untrusted-certificate")
                assert b"directory-reader" not in between.received

    def test_stripped_encryption_sends_no_password(self, proxy: FaultProxy, tmp_path: Path) -> None:
        ca_file = make_certificates(tmp_path / "tls").ca_file
        assert_incomplete(applied(proxy, ca_file=str(ca_file)), "no-tls")
        assert proxy.accepted == 1
        assert b"directory-reader" not in proxy.received

    def test_missing_authority_file(self, proxy: FaultProxy) -> None:
        report = applied(proxy, ca_file="/nonexistent/ca.pem")
        assert report.exit_status == 3
        assert b"directory-reader" not in proxy.received

    def test_handshake_that_drips_ends_at_the_deadline(
        self, make_slapd: Callable[..., Slapd], tmp_path: Path
    ) -> None:
        certificates = make_certificates(tmp_path / "tls")
        server = make_slapd(bureau_entries(), certificates=certificates)
        with FaultProxy(server.tls_port, Fault("drip", 10)) as between:
            began = time.monotonic()
            url = f"ldaps://localhost:{between.port}"
            report = applied(between, url=url, ca_file=str(certificates.ca_file), deadline_s=1.5)
            assert_incomplete(report, "timed-out")
            assert time.monotonic() - began < 8


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_nothing_stays_open_after_a_read(proxy: FaultProxy) -> None:
    open_before = open_files()
    for fault in (Fault("cut", 20_000), Fault("refuse"), Fault("reset")) * 10:
        proxy.fault = fault
        read_directory(config_for(proxy))
    assert open_files() <= open_before + 8
