"""A directory brought in, against the same directory read by the client library alone."""

import datetime as dt
import importlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ldap3 import NONE, SUBTREE, Connection, Server

from openbureau.base.database import db, writing
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.profiles import OPENLDAP
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.kernel.sync.actions import order_run, start_run
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.queries import plan_lines
from openbureau.kernel.sync.runs import read_run
from openbureau.shell.bench.report import Bench, Run, skipped
from openbureau.shell.demo.ldif import demo_ldif
from openbureau.shell.installation import open_installation

BARE = "ldap3 alone, paged by 500"
OURS = "synchronisation without changes"
PAGE = 500
CHANGED = 10


def brought_in(bench: Bench) -> Iterator[Run]:
    """P8: the whole directory read, compared and found unchanged; beside it the first time,
    its preview as a page, and deltas with nothing and with ten changes."""
    slapd: Any = importlib.import_module("openbureau.testing.slapd")
    if reason := slapd.missing():
        yield skipped("P8", OURS, reason)
        return
    bench.say(f"P8: {BARE}, {OURS}")
    with (
        tempfile.TemporaryDirectory(prefix="openbureau-bench-") as place,
        slapd.running_slapd(Path(place) / "slapd", _content(bench)) as server,
        _synchronised(Path(place) / "data", server.url) as synchronised,
    ):
        beside = {"first_s": _took(lambda: synchronised.run("full"))}
        beside["preview_s"] = synchronised.preview_s
        base, whole = [], []
        for _ in range(max(3, bench.rounds)):
            base.append(_took(lambda: _read_alone(server.url)))
            whole.append(_took(lambda: synchronised.run("full")))
        beside["delta_empty_s"] = _took(lambda: synchronised.run("delta"))
        for dn in synchronised.entries(CHANGED):
            server.modify(f"dn: {dn}\nchangetype: modify\nreplace: title\ntitle: changed\n")
        beside["delta_changed_s"] = _took(lambda: synchronised.run("delta"))
    middle = statistics.median(base)
    yield Run("P8", BARE, {"whole_s": round(middle, 3), "ratio": 1.0})
    numbers = {name: round(seconds, 3) for name, seconds in beside.items()}
    ours = statistics.median(whole)
    yield Run("P8", OURS, {"whole_s": round(ours, 3), "ratio": round(ours / middle, 2), **numbers})


def _content(bench: Bench) -> str:
    """The demo bureau as a directory, with the account that searches it."""
    slapd: Any = importlib.import_module("openbureau.testing.slapd")
    directory: Any = importlib.import_module("openbureau.testing.directory")
    ldif: Any = importlib.import_module("openbureau.testing.ldif")
    reader = ldif.ldif(directory.suffix_entries()[1:])
    return "".join(demo_ldif(bench.scale, slapd.SUFFIX, password=None)) + str(reader)


def _took(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _read_alone(url: str) -> int:
    """Every person and unit with the same attributes; how many entries."""
    slapd: Any = importlib.import_module("openbureau.testing.slapd")
    # The library's own `with` leaves a connection open that was bound before it.
    connection = Connection(
        Server(url, get_info=NONE),
        slapd.READER_DN,
        slapd.READER_PASSWORD,
        auto_bind=True,
        check_names=False,
    )
    try:
        found = connection.extend.standard.paged_search(
            slapd.SUFFIX,
            OPENLDAP.search_filter,
            SUBTREE,
            attributes=list(OPENLDAP.attributes),
            paged_size=PAGE,
            generator=False,
        )
    finally:
        connection.unbind()
    return len(found)


class _Synchronised:
    """An installation with one source, worked as its jobs do."""

    def __init__(self, settings: Settings, source: DirectorySource, account_id: int) -> None:
        self._settings = settings
        self._source_id = source.id
        self._account_id = account_id
        self.preview_s = 0.0

    def run(self, scope: str) -> str:
        """Reads, and writes what there is to write; the state it ends in."""
        now = dt.datetime.now(dt.UTC)
        source = DirectorySource.get_by_id(self._source_id)
        with writing():
            asked = start_run(source, account_id=self._account_id, now=now, scope=scope)
        planned = read_run(SyncRun.get_by_id(asked.id), self._settings, now)
        if planned.state != "planned":
            return str(planned.state)
        self.preview_s = _took(lambda: plan_lines(planned))
        with writing():
            order_run(planned, account_id=self._account_id, plan_hash=planned.plan_hash, now=now)
        return str(carry_out(planned, self._settings, now).state)

    def entries(self, total: int) -> list[str]:
        """The DNs of some people."""
        found: Any = Account.select().where(Account.directory_dn != "").limit(total)
        return [account.directory_dn for account in found]


@contextmanager
def _synchronised(data: Path, url: str) -> Iterator[_Synchronised]:
    slapd: Any = importlib.import_module("openbureau.testing.slapd")
    settings = Settings(data=data)
    open_installation(settings, ())
    now = dt.datetime.now(dt.UTC)
    described = Described(
        code="bench",
        name="bench",
        url=url,
        bind_dn=slapd.READER_DN,
        base=slapd.SUFFIX,
        password=slapd.READER_PASSWORD,
    )
    with writing():
        account = create_account("system", "system", now=now, administrator="system")
        source = create_source(described, data=data, now=now)
    try:
        yield _Synchronised(settings, source, account.id)
    finally:
        db.close()
