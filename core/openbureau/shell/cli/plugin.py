"""`openbureau plugin`: what is installed, and switching it per unit."""

import datetime as dt
from typing import Any

import click
from peewee import fn

from openbureau.base.database import reading, writing
from openbureau.base.errors import OperatorError
from openbureau.base.plugins import Plugins
from openbureau.kernel.accounts.models import Account
from openbureau.kernel.enablement.actions import set_plugin_state
from openbureau.kernel.enablement.models import PLUGIN_STATES, Epoch, PluginRule
from openbureau.kernel.enablement.queries import enablement
from openbureau.kernel.units.queries import unit_tree
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.enabling import refuse_unfit


@click.group(cls=BureauGroup, help="业务模块。Plugins.")
def plugin() -> None:
    """Group of plugin commands."""


@plugin.command("list", help="列出业务模块及其状态。List plugins and their state.")
@json_option
def list_plugins(as_json: bool) -> None:
    opened = installation()
    with reading():
        rows = _plugin_rows(opened.plugins)
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['slug']:16} {r['version']:8} {r['state']:8} {r['name']} "
            f"{_counted(r['units'])} {r['problem'] or ''}"
            for r in rows
        ),
    )


def _counted(units: dict[str, int]) -> str:
    return " ".join(f"{state}={total}" for state, total in units.items() if total)


def _plugin_rows(plugins: Plugins) -> list[dict[str, Any]]:
    epoch = Epoch.select().get()
    states = enablement(epoch.plugins, epoch.units, tuple(p.slug for p in plugins.loaded))
    tree = unit_tree(epoch.units)
    rows = []
    for record in plugins.records.values():
        per_unit = {u.code: states.state(record.slug, u.id) for u in tree.access_units()}
        rows.append(
            {
                "slug": record.slug,
                "name": record.label("zh"),
                "version": record.manifest.version if record.manifest else "",
                "state": "loaded" if record.is_loaded else "refused",
                "problem": record.problem or None,
                "units": {
                    state: sum(value == state for value in per_unit.values())
                    for state in PLUGIN_STATES
                },
            }
        )
    return rows


@plugin.command(
    "show", help="一个业务模块的规则和各单位状态。A plugin's rules and its state per unit."
)
@click.argument("slug")
@json_option
def show_plugin(slug: str, as_json: bool) -> None:
    opened = installation()
    _known(slug, opened.plugins)
    with reading():
        epoch = Epoch.select().get()
        slugs = tuple(record.slug for record in opened.plugins.loaded)
        states = enablement(epoch.plugins, epoch.units, slugs)
        units = unit_tree(epoch.units).access_units()
        rules = PluginRule.select().where(PluginRule.plugin == slug).order_by(PluginRule.id)
        answer = {
            "plugin": slug,
            "rules": [_rule(rule) for rule in rules],
            "units": {unit.code: states.state(slug, unit.id) for unit in units},
        }
    report(
        answer,
        as_json,
        lambda found: [
            *(f"{r['rule']:6} {r['scope']} → {r['state']} {r['reason']}" for r in found["rules"]),
            *(f"{code:12} {state}" for code, state in found["units"].items()),
        ],
    )


def _rule(rule: PluginRule) -> dict[str, Any]:
    place = rule.unit.code if rule.unit is not None else rule.kind
    return {
        "rule": rule.id,
        "scope": f"{rule.scope}:{place}",
        "state": rule.state,
        "is_cap": bool(rule.is_cap),
        "reason": rule.reason,
        "decided_at": rule.decided_at.isoformat(),
    }


def _known(slug: str, plugins: Plugins) -> None:
    if slug not in plugins.records:
        raise OperatorError(
            "PLUG-001",
            f"没有安装名为 {slug} 的业务模块。没有任何改动。openbureau plugin list 列出已安装的。",
            f"No plugin named {slug} is installed. Nothing changed. "
            "`openbureau plugin list` lists what is.",
        )


@plugin.command("set", help="为一个范围设置状态，立即生效。Set a state for a scope, live at once.")
@click.argument("slug")
@click.argument("state", type=click.Choice(PLUGIN_STATES))
@click.option(
    "--scope",
    required=True,
    help="unit:代码、subtree:代码 或 kind:类别。unit:CODE, subtree:CODE or kind:KIND.",
)
@click.option(
    "--people", default="", help="试点人员账号，逗号分隔。Pilot accounts, comma separated."
)
@click.option("--cap", is_flag=True, help="作为上级限定。As a cap from above.")
@click.option("--reason", default="", help="依据或理由。Why.")
@json_option
def set_state(
    slug: str, state: str, scope: str, people: str, cap: bool, reason: str, as_json: bool
) -> None:
    opened = installation()
    _known(slug, opened.plugins)
    refuse_unfit(opened.plugins, slug, state, scope)
    with writing():
        rule = set_plugin_state(
            slug,
            state,
            scope,
            now=dt.datetime.now(dt.UTC),
            people=_account_ids(people),
            is_cap=cap,
            reason=reason,
        )
    with reading():
        rows = _plugin_rows(opened.plugins)
    now_in_force = _counted(next(row["units"] for row in rows if row["slug"] == slug))
    report(
        {"rule": rule.id, "plugin": slug, "state": state, "scope": scope},
        as_json,
        lambda _: [
            f"{slug} {scope} → {state}（已生效 / live）",
            f"各单位现在的状态 units now: {now_in_force}",
        ],
    )


def _account_ids(people: str) -> list[int]:
    logins = [login.strip().lower() for login in people.split(",") if login.strip()]
    found = {a.login: a.id for a in Account.select().where(fn.LOWER(Account.login).in_(logins))}
    if missing := [login for login in logins if login not in found]:
        raise OperatorError(
            "ACC-001",
            f"没有这些账号：{'、'.join(missing)}。没有任何改动。",
            f"No such accounts: {', '.join(missing)}. Nothing changed.",
        )
    return list(found.values())
