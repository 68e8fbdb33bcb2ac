"""Filling the demo: the bureau, roles for its people, plugins switched on, their content.

A plugin's `demo.py` has `load(ctx, rng, scale)`; plugins come in loading order.
"""

import datetime as dt
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from openbureau.base.context import Context, Person
from openbureau.base.database import reading, writing
from openbureau.base.i18n import load_catalogues
from openbureau.base.plugins import PluginRecord
from openbureau.kernel.access.actions import grant_role
from openbureau.kernel.access.contexts import context_of, moment_of
from openbureau.kernel.access.models import Role
from openbureau.kernel.accounts.models import Account, Post
from openbureau.kernel.enablement.actions import bump_epoch, set_plugin_state
from openbureau.kernel.units.models import Unit
from openbureau.shell.demo.bureau import ROOT, SAMPLES, SEED, Scale
from openbureau.shell.demo.prepare import Progress, prepare_demo
from openbureau.shell.installation import Installation

PUBLISHING_SAMPLES = ("lizhihua", "wangwensong", "zhangxiaomei")


def fill_demo(opened: Installation, scale: Scale, progress: Progress) -> None:
    """Writes the whole demo into an empty installation."""
    now = dt.datetime.now(dt.UTC)
    prepare_demo(scale, progress, now, _grants(now))
    with writing():
        bump_epoch("units")
        bump_epoch("access")
        for plugin in opened.plugins.loaded:
            set_plugin_state(plugin.slug, "on", f"subtree:{ROOT}", now=now, reason="演示")
    rng = Random(SEED)  # noqa: S311 - invented content needs no secrecy
    for plugin in opened.plugins.loaded:
        progress(0, 1, plugin.label("zh"))
        _load_plugin(opened, plugin, rng, scale, now)
    progress(1, 1, "完成 done")


def _grants(now: dt.datetime) -> Callable[[Mapping[str, int]], None]:
    """Every leader and three samples may do all a plugin's roles allow, in their subtree."""

    def grant(accounts: Mapping[str, int]) -> None:
        roles = [role.code for role in Role.select().where(Role.is_default == False)]  # noqa: E712 - SQL
        for code in roles:
            for login in PUBLISHING_SAMPLES:
                account = Account.get_by_id(accounts[login])
                unit = _access_unit(account.id)
                grant_role(code, unit, "subtree", now=now, account=account)

    return grant


def _access_unit(account_id: int) -> Unit:
    unit_id = (
        Post.select(Unit.access_unit)
        .join(Unit)
        .where((Post.account == account_id) & Post.is_primary)
        .scalar()
    )
    return Unit.get_by_id(unit_id)


def _load_plugin(
    opened: Installation, plugin: PluginRecord, rng: Random, scale: Scale, now: dt.datetime
) -> None:
    name = f"{plugin.module_name}.demo"
    if plugin.folder is None or importlib.util.find_spec(name) is None:
        return
    module: Any = importlib.import_module(name)
    contexts = {
        sample.login: demo_context(opened, sample.login, now)
        for sample in SAMPLES
        if sample.administrator is None
    }
    module.load(contexts, rng, scale)


def demo_context(opened: Installation, login: str, now: dt.datetime) -> Context:
    """A context acting as one of the demo's people."""
    with reading():
        row = Account.get(Account.login == login)
        person = Person(row.id, row.uid, row.login, row.name, row.administrator)
        catalogue = load_catalogues(())["zh"]
        return context_of(person, moment_of(now), opened.plugins, catalogue)
