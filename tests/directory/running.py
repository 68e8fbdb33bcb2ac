"""A bureau with three administrators and a directory source of the list."""

import datetime as dt
from pathlib import Path
from typing import Any

import openbureau
from openbureau.base.database import db, open_database, reading, writing
from openbureau.base.migrations import CORE, Owner, migrate
from openbureau.base.settings import Settings
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.directory.models import DirectorySource
from openbureau.kernel.directory.sources import Described, create_source
from openbureau.kernel.files.storage import open_store
from openbureau.kernel.sync.actions import confirm_run, order_undo, start_run
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.models import SyncRun
from openbureau.kernel.sync.runs import read_run
from openbureau.kernel.sync.undo import preview_undo, undone_of
from openbureau.kernel.sync.undo_plan import Undone
from openbureau.testing.directory import NOW
from openbureau.testing.slapd import READER_DN, READER_PASSWORD, SUFFIX

TABLES = ("account", "post", "unit", "role_grant", "session", "unit_event", "todo")


class Synced:
    """An installation whose people come from a source, worked by its functions."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.settings = Settings(data=folder, database=database_url)
        folder.mkdir(parents=True, exist_ok=True)
        db.initialize(open_database(self.settings.database_url))
        migrations = Path(str(openbureau.__file__)).parent / "migrations"
        owners = [Owner(CORE, migrations)]
        migrate(owners, folder, NOW, database_url=self.settings.database_url)
        open_store(folder / "files")
        with writing():
            self.first, self.second = (
                Account.create(login=login, name=login, administrator="system", created_at=NOW).id
                for login in ("one", "two")
            )
        self.now = NOW

    def add_source(self, url: str, code: str = "main", **more: Any) -> DirectorySource:
        fields: dict[str, Any] = {
            "code": code,
            "name": code,
            "url": url,
            "bind_dn": READER_DN,
            "password": READER_PASSWORD,
            "base": SUFFIX,
        }
        with writing():
            return create_source(
                Described(**(fields | more)), data=self.settings.data, now=self.now
            )

    def read(
        self, source: DirectorySource | None, scope: str = "full", excluded: tuple[str, ...] = ()
    ) -> SyncRun:
        """A preview asked for by the first administrator, as its job makes it."""
        self.now += dt.timedelta(seconds=1)
        with writing():
            run = start_run(
                source, account_id=self.first, now=self.now, scope=scope, excluded=excluded
            )
        return read_run(SyncRun.get_by_id(run.id), self.settings, self.now)

    def undo(self, run: SyncRun, now: dt.datetime | None = None) -> Undone:
        """Takes a run back as an administrator does, the other one confirming where a gate
        asks for it; what it came to."""
        now = now or self.now
        with reading():
            plan = preview_undo(SyncRun.get_by_id(run.id), now)
        with writing():
            made = order_undo(run, account_id=self.first, plan_hash=plan.hash, now=now)
        if made.state == "blocked":
            with writing():
                confirm_run(made, account_id=self.second, plan_hash=plan.hash, now=now)
        made = carry_out(SyncRun.get_by_id(made.id), self.settings, now)
        assert made.state == "applied", (made.state, made.reason)
        done = undone_of(SyncRun.get_by_id(run.id))
        assert done is not None
        return done

    def confirmed(self, run: SyncRun) -> SyncRun:
        """A blocked run, confirmed by the second administrator and carried out."""
        with writing():
            confirm_run(run, account_id=self.second, plan_hash=run.plan_hash, now=self.now)
        return self.carry_out(run)

    def carry_out(self, run: SyncRun) -> SyncRun:
        """What the job does with an ordered run."""
        return carry_out(SyncRun.get_by_id(run.id), self.settings, self.now)


def rows(*tables: str) -> dict[str, list[Any]]:
    """What tables hold, to compare before and after."""
    return {
        table: db.execute_sql(f"SELECT * FROM {table} ORDER BY id").fetchall()
        for table in tables or TABLES
    }
