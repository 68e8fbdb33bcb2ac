"""A small bureau for tests: eight units, a cast whose names say where they stand.

    530000 省局 ── 530000-01 办公室
      ├─ 530100 昆明市局 ── 530102 五华区局, 530103 盘龙区局, 530100-K1 高新分局
      └─ 530400 玉溪市局 ── 530402 红塔区局

li is a clerk of 省局, wang leads 昆明市局, zhang and zhou are clerks of 五华区局, sun is a clerk
of 盘龙区局, zhao a stranger in 红塔区局. `system`, `security` and `audit` administer.
"""

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from openbureau.base.context import Context
from openbureau.base.database import db, is_postgresql, reading, writing
from openbureau.base.declarations import RoleTemplate
from openbureau.base.plugins import Source, installed_plugins
from openbureau.base.request import Application
from openbureau.base.settings import Settings
from openbureau.base.themes import usable_themes
from openbureau.kernel.access.actions import grant_role, install_role_templates
from openbureau.kernel.accounts.actions import create_account
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.accounts.passwords import password_hash
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.enablement.models import Epoch
from openbureau.kernel.jobs.dispatch import Dispatcher
from openbureau.kernel.search.core_records import index_people, index_units
from openbureau.kernel.settings.models import SettingValue
from openbureau.kernel.units.actions import import_units
from openbureau.kernel.units.models import Node, Unit
from openbureau.kernel.units.unit_list import UnitRow
from openbureau.shell.app import create_app
from openbureau.shell.demo.filling import demo_context
from openbureau.shell.installation import Installation, open_installation
from openbureau.shell.jobs import core_handlers, job_registry
from openbureau.testing.client import Answer, Client
from openbureau.testing.compiled import share_code
from openbureau.testing.prepared import keep_copy, schema_of, start_from_copy

PASSWORD = "correct-horse-7"
UNITS = (
    ("530000", "云南省质量技术监督局", "省局", "province", ""),
    ("530000-01", "办公室", "办公室", "office", "530000"),
    ("530100", "昆明市质量技术监督局", "昆明市局", "prefecture", "530000"),
    ("530102", "昆明市五华区质量技术监督局", "五华区局", "county", "530100"),
    ("530103", "昆明市盘龙区质量技术监督局", "盘龙区局", "county", "530100"),
    ("530100-K1", "昆明高新技术产业开发区质量技术监督分局", "高新分局", "zone", "530100"),
    ("530400", "玉溪市质量技术监督局", "玉溪市局", "prefecture", "530000"),
    ("530402", "玉溪市红塔区质量技术监督局", "红塔区局", "county", "530400"),
)
CAST = (
    ("li", "李志华", "530000-01", "主任科员", None),
    ("wang", "王文松", "530100", "局长", None),
    ("zhang", "张晓梅", "530102", "科员", None),
    ("zhou", "周云", "530102", "副局长", None),
    ("sun", "孙玉兰", "530103", "科员", None),
    ("zhao", "赵建国", "530402", "科员", None),
    ("system", "系统管理员", "530000", "系统管理员", "system"),
    ("security", "安全管理员", "530000", "安全管理员", "security"),
    ("audit", "审计管理员", "530000", "审计管理员", "audit"),
)
_hash = password_hash(PASSWORD)
# Snapshots are kept per process by change counter: no two bureaus may share a number.
_first_epochs = itertools.count(1_000, 1_000)


def unit_row(code: str, name: str, short_name: str, kind: str, parent: str) -> UnitRow:
    """One line of a unit list."""
    return UnitRow(
        code=code,
        name=name,
        short_name=short_name,
        kind=kind,
        parent=parent,
        region=code[:6],
        is_access_unit=kind != "office",
        is_name_assumed=False,
    )


@dataclass(slots=True)
class Bureau:
    """A running test bureau. `now` is the moment its actions happen at."""

    installation: Installation
    app: Starlette
    now: dt.datetime

    @property
    def application(self) -> Application:
        """The assembled application."""
        assembled: Application = self.app.state.openbureau
        return assembled

    def client(self) -> Client:
        """A browser nobody has signed in with."""
        return Client(self.app)

    def sign_in(self, login: str) -> Client:
        """A browser in which one of the cast is signed in."""
        client = self.client()
        answer = client.sign_in(login, PASSWORD)
        assert answer.status == 200, answer.words
        return client

    def enable(self, plugin: str, scope: str = "subtree:530000", state: str = "on") -> None:
        """Sets a plugin's state for a scope."""
        with writing():
            set_plugin_state(plugin, state, scope, now=self.now)

    def grant(self, login: str, role: str, unit: str, reach: str = "subtree") -> None:
        """Gives one of the cast a role."""
        with writing():
            grant_role(
                role,
                Unit.get(Unit.code == unit),
                reach,
                now=self.now,
                account=Account.get(Account.login == login),
            )

    def grant_permission(self, login: str, *permissions: str, unit: str = "530000") -> None:
        """Gives one of the cast single permissions, through a role made for them."""
        code = f"test.{login}.{'-'.join(permissions)}"
        with writing():
            install_role_templates([("test", RoleTemplate(code, code, permissions))])
        self.grant(login, code, unit)

    def give_post(self, login: str, unit: str, title: str = "兼职") -> None:
        """Gives one of the cast a second post."""
        with writing():
            Post.create(
                account=Account.get(Account.login == login),
                unit=Unit.get(Unit.code == unit),
                title=title,
                is_primary=False,
            )
            bump_epoch("access")

    def context(self, login: str) -> Context:
        """A context acting as one of the cast."""
        return demo_context(self.installation, login, self.now)

    def run_jobs(self) -> int:
        """Runs every ready job here and now; how many."""
        handlers = core_handlers(self.installation.settings)
        registry = job_registry(self.installation.plugins, handlers)
        return Dispatcher(registry, lambda: dt.datetime.now(dt.UTC)).drain()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with reading():
            return list(db.execute_sql(sql.replace("?", db.param), values).fetchall())


def open_bureau(
    data: Path,
    database_url: str = "",
    sources: Iterable[Source] | None = None,
    themes: Iterable[tuple[str, Path]] | None = None,
    *,
    second_factor: bool = False,
    **changes: Any,
) -> Bureau:
    """A fresh bureau in an empty folder, with no plugin switched on.

    `themes` are (slug, folder) pairs instead of the installed ones; `changes` are settings.
    With `second_factor` its administrators need one, as in every real installation; without
    it they sign in with the password alone, as in the demo.
    """
    settings = Settings(data=data, database=database_url, **{"threads": 2, **changes})
    given = installed_plugins() if sources is None else list(sources)
    content = f"{schema_of(given)} {second_factor}"
    is_filled = start_from_copy(settings.database_url, content)
    installation = open_installation(settings, given)
    now = dt.datetime.now(dt.UTC)
    if not is_filled:
        with writing():
            _fill(now, second_factor=second_factor)
        keep_copy(settings.database_url, content)
    with writing():
        first = next(_first_epochs)
        Epoch.update(plugins=first, units=first, access=first).execute()
    found = None if themes is None else usable_themes(themes)
    app = create_app(settings, given, found)
    share_code(app.state.openbureau)
    return Bureau(installation, app, now)


def _fill(now: dt.datetime, *, second_factor: bool) -> None:
    node = Node.create(name="测试单位", is_self=True)
    import_units([unit_row(*row) for row in UNITS], node)
    for login, name, unit, title, administrator in CAST:
        create_account(
            login,
            name,
            now=now,
            password_hash=_hash,
            administrator=administrator,
            unit=Unit.get(Unit.code == unit),
            title=title,
        )
    index_units(now)
    index_people()
    if not second_factor:
        # A value no screen and no command offers.
        nobody = json.dumps("nobody")
        SettingValue.create(key="core.second_factor", value=nobody, chosen_at=now)
    bump_epoch("units")
    bump_epoch("access")


def close_bureau() -> None:
    """Closes the database of this thread."""
    if db.obj is not None:
        db.close()
        if is_postgresql():
            db.close_all()


__all__ = ["CAST", "PASSWORD", "UNITS", "Answer", "Bureau", "Client", "close_bureau", "open_bureau"]
