"""How long a synchronisation of the full bureau takes, and how much memory a hundred thousand
people do."""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.directory.running import Synced

from openbureau.base.database import db
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.sources import source_by_code, source_config
from openbureau.kernel.directory.sync import Report
from openbureau.kernel.sync.command import commanded
from openbureau.shell.demo.ldif import demo_ldif
from openbureau.testing.directory import PROVINCE_DN, person_entry, suffix_entries, unit_entry
from openbureau.testing.ldif import ldif
from openbureau.testing.slapd import SUFFIX, Slapd, running_slapd

pytestmark = [pytest.mark.slapd, pytest.mark.deep]
MEASURED = Path(__file__).with_name("measured_process.py")
MANY = 100_000
UNITS = 200


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Synced]:
    yield Synced(tmp_path / "data")
    db.close()


def taken_s(act: Callable[[], object]) -> float:
    """Seconds of this process's own work: what others do on the machine is not measured."""
    began = time.process_time()
    act()
    return time.process_time() - began


def test_times_of_the_full_bureau(synced: Synced, tmp_path: Path) -> None:
    content = "".join(demo_ldif("full", SUFFIX, password=None)) + ldif(suffix_entries()[1:])
    with running_slapd(tmp_path / "full", content) as server:
        synced.add_source(server.url)

        def run(*, is_delta: bool = False, is_dry_run: bool = False) -> Report:
            synced.now += dt.timedelta(seconds=5)
            source = source_by_code("main")
            config = source_config(source, synced.settings.data)
            return commanded(
                config,
                is_dry_run=is_dry_run,
                now=synced.now,
                source=source,
                is_delta=is_delta,
            )

        assert taken_s(lambda: run(is_dry_run=True)) <= 20
        assert taken_s(run) <= 10
        # The first one looks once more at what was changed within its last two seconds.
        run(is_delta=True)
        assert min(taken_s(lambda: run(is_delta=True)) for _ in range(5)) <= 0.5
        people = Account.select().where(Account.source == "ldap").limit(10)
        change = {"changetype": "modify", "replace": "roomNumber", "roomNumber": "9"}
        server.modify(ldif((person.directory_dn, change) for person in people))
        assert taken_s(lambda: run(is_delta=True)) <= 2
        assert Account.select().where(Account.room == "9").count() == 10


def many_people(server: Slapd, total: int) -> None:
    units = [unit_entry("省局", "530000")]
    units += [unit_entry(f"第{n}局", f"53{n:04d}", PROVINCE_DN) for n in range(1, UNITS)]
    people = (
        person_entry(f"user{n:06d}", f"张三{n % 500}", units[n % UNITS][0], userPassword="x")
        for n in range(total)
    )
    server.load(ldif([*suffix_entries(), *units, *people]))


@pytest.mark.parametrize("total", [MANY])
def test_a_hundred_thousand_people_fit_into_300_megabytes(
    synced: Synced, tmp_path: Path, total: int
) -> None:
    server = Slapd(tmp_path / "many")
    many_people(server, total)
    server.start()
    db.close()
    try:
        for _ in range(2):
            command = [sys.executable, str(MEASURED), str(synced.settings.data), server.url]
            ended = subprocess.run(command, capture_output=True, text=True, check=True)
            created, peak_kib = map(int, ended.stdout.split())
            assert created in {total, 0}
            assert peak_kib * 1024 <= 300_000_000
    finally:
        server.stop()
