"""The group that holds every command."""

import logging

import click

from openbureau.base.declarations import SLUG
from openbureau.base.plugins import installed_plugins, load_plugins
from openbureau.kernel.audit.origin import on_command_line
from openbureau.shell.cli.account_import import import_accounts
from openbureau.shell.cli.accounts import account
from openbureau.shell.cli.adoption import adopt_account
from openbureau.shell.cli.appearance import appearance
from openbureau.shell.cli.audit import audit
from openbureau.shell.cli.audit_records import (
    export_table,
    list_anchors,
    list_records,
    show_record,
)
from openbureau.shell.cli.backup import backup, restore
from openbureau.shell.cli.bench import bench
from openbureau.shell.cli.check import check
from openbureau.shell.cli.deadline import deadline
from openbureau.shell.cli.delegation import delegation
from openbureau.shell.cli.delegations import delegations
from openbureau.shell.cli.demo import demo
from openbureau.shell.cli.exports import export_register
from openbureau.shell.cli.files import files
from openbureau.shell.cli.group_roles import group_role
from openbureau.shell.cli.handing_over import carry_out_handover, preview
from openbureau.shell.cli.handover import handover
from openbureau.shell.cli.imports import import_table
from openbureau.shell.cli.init import init
from openbureau.shell.cli.jobs import job
from openbureau.shell.cli.migrate import migrate
from openbureau.shell.cli.options import BureauGroup
from openbureau.shell.cli.people import change_account, create_account, import_template, slips
from openbureau.shell.cli.plugin import plugin
from openbureau.shell.cli.posts import post
from openbureau.shell.cli.reports import accounts, config, routes, units
from openbureau.shell.cli.roles import role
from openbureau.shell.cli.search import search
from openbureau.shell.cli.serve import serve, worker
from openbureau.shell.cli.sessions import session
from openbureau.shell.cli.setting import setting
from openbureau.shell.cli.sources import source
from openbureau.shell.cli.sync import sync
from openbureau.shell.cli.sync_runs import sync_runs
from openbureau.shell.cli.tokens import token
from openbureau.shell.cli.unit_adoption import adopt_unit
from openbureau.shell.cli.units import unit
from openbureau.shell.cli.why import why
from openbureau.shell.loading import release


class RootGroup(BureauGroup):
    """Also finds `openbureau <slug> …`: the commands a plugin declares."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = super().get_command(ctx, cmd_name)
        if known is not None or not SLUG.fullmatch(cmd_name):
            return known
        record = load_plugins(installed_plugins()).records.get(cmd_name)
        if record is None or not record.declared.commands:
            return None
        commands = {command.name: command for command in record.declared.commands}
        return BureauGroup(cmd_name, commands, help=f"{record.label('zh')}。{record.label('en')}.")


@click.group(
    cls=RootGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="OpenBureau 开放政务办公平台。Plugin-based intranet framework.",
)
@click.version_option(release(), message="%(version)s")
@click.option(
    "--data",
    metavar="DIR",
    help="数据目录（默认取 OPENBUREAU_DATA）。Data directory (default: OPENBUREAU_DATA).",
)
@click.pass_context
def root(ctx: click.Context, data: str | None) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    ctx.obj = {"data": data} if data else {}
    ctx.with_resource(on_command_line())


for command in (
    demo,
    init,
    serve,
    worker,
    migrate,
    backup,
    restore,
    audit,
    handover,
    job,
    files,
    sync,
    sync_runs,
    source,
    plugin,
    config,
    setting,
    appearance,
    check,
    account,
    accounts,
    session,
    token,
    post,
    role,
    group_role,
    delegation,
    delegations,
    unit,
    units,
    routes,
    why,
    bench,
    import_table,
    export_register,
    search,
    deadline,
):
    root.add_command(command)
unit.add_command(adopt_unit)
for command in (
    adopt_account,
    create_account,
    change_account,
    slips,
    import_template,
    import_accounts,
):
    account.add_command(command)
for command in (list_records, show_record, export_table, list_anchors):
    audit.add_command(command)
for command in (preview, carry_out_handover):
    handover.add_command(command)
