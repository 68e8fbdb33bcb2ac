"""`openbureau sync-runs`: synchronisations that wait, and taking one back."""

import datetime as dt
from typing import Any

import click
import msgspec

from openbureau.base.database import reading, writing
from openbureau.base.errors import Invalid, NotFound, OperatorError
from openbureau.base.i18n import N_
from openbureau.kernel.directory.sync import line, recent_words, role_line
from openbureau.kernel.sync.actions import (
    apply_run,
    confirm_run,
    discard_run,
    exclude,
    order_undo,
    start_run,
)
from openbureau.kernel.sync.alarms import source_name
from openbureau.kernel.sync.authority import require_administrator
from openbureau.kernel.sync.carrying import carry_out
from openbureau.kernel.sync.gate_text import gate_words
from openbureau.kernel.sync.locking import held
from openbureau.kernel.sync.models import UNDO, SyncRun
from openbureau.kernel.sync.queries import (
    ACTION_LABELS,
    PlanLine,
    PlanUnit,
    blocked_of,
    excluded_of,
    plan_of,
    run_by_uid,
    runs,
)
from openbureau.kernel.sync.undo import preview_undo
from openbureau.kernel.sync.undo_lines import undo_lines
from openbureau.kernel.sync.undo_plan import UndoPlan, decoded_undo
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import account_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report
from openbureau.shell.cli.refusals import refusing
from openbureau.shell.cli.sources import chosen_source

NO_SETTINGS_SOURCE = N_("启动设置中没有目录服务器地址。")
as_option = click.option(
    "--as", "login", required=True, help="以哪位系统管理员的名义。In which administrator's name."
)
plan_option = click.option(
    "--plan", "plan_hash", required=True, help="核对过的计划的校验值。Hash of the plan looked at."
)


@click.group("sync-runs", cls=BureauGroup, help="同步记录：查看、写入、确认、撤销。Sync runs.")
def sync_runs() -> None:
    """Group of commands about runs."""


@sync_runs.command("list", help="列出最近的同步。List the latest runs.")
@json_option
def list_runs(as_json: bool) -> None:
    installation()
    with reading():
        rows = [_shown(run) for run in runs()]
    report(
        rows,
        as_json,
        lambda rows: (
            f"{r['run']} {r['requested_at']} {r['source']:12} {r['state']:10} {r['reason']}"
            for r in rows
        ),
    )


@sync_runs.command("show", help="显示一次同步的计划。Show the plan of a run.")
@click.argument("uid")
@json_option
def show_run(uid: str, as_json: bool) -> None:
    installation()
    with reading():
        run = _run(uid)
        plan = plan_of(run)
        shown = _shown(run)
    lines = []
    if run.scope == UNDO and run.plan:
        with reading():
            lines = _told_undo(decoded_undo(run.plan))["lines"]
    if plan is not None:
        lines = [*map(line, (*plan.units, *plan.people)), *map(role_line, plan.roles)]
        lines += [recent_words(plan.recent)] if plan.recent else []
    report(
        {**shown, "lines": lines, "counts": msgspec.json.decode(run.counts)},
        as_json,
        lambda _: [*lines, *(f"{zh} {en}" for zh, en in blocked_of(run)), _told(shown)],
    )


@sync_runs.command(
    "start",
    help="请求一次预演，由后台任务读取目录；- 为启动设置中的目录。Ask for a preview; a job reads "
    "the directory. `-` is that of the start-up settings.",
)
@click.argument("code", metavar="SOURCE")
@click.option("--delta", "is_delta", is_flag=True, help="只读取变化。Only what has changed.")
@as_option
@json_option
def start(code: str, is_delta: bool, login: str, as_json: bool) -> None:
    opened = installation()
    with deed():
        account_id = int(account_of(login).id)
        require_administrator(account_id)
        source = None if code == "-" else chosen_source(code)
        if source is None and not opened.settings.ldap_url:
            raise Invalid(NO_SETTINGS_SOURCE, code="LDAP-009")
        scope = "delta" if is_delta else "full"
        run = start_run(source, account_id=account_id, now=dt.datetime.now(dt.UTC), scope=scope)
        shown = _shown(run)
    report(shown, as_json, lambda row: [_told(row)])


@sync_runs.command(
    "exclude",
    help="把这些稳定标识排除（或 --restore 恢复），重新预演。Leave these stable ids out, or take "
    "them in again, and preview anew.",
)
@click.argument("uid")
@click.argument("stable_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--restore", "restores", is_flag=True, help="恢复处理。Take them in again.")
@as_option
@json_option
def exclude_lines(
    uid: str, stable_ids: tuple[str, ...], restores: bool, login: str, as_json: bool
) -> None:
    installation()
    with deed():
        run, account_id = _run(uid), int(account_of(login).id)
        require_administrator(account_id)
        before, chosen = excluded_of(run), set(stable_ids)
        after = before - chosen if restores else before | chosen
        again = exclude(run, after, account_id=account_id, now=dt.datetime.now(dt.UTC))
        shown = _shown(again)
    report(shown, as_json, lambda row: [_told(row)])


@sync_runs.command("apply", help="写入等待中的计划。Apply a waiting plan.")
@click.argument("uid")
@as_option
@plan_option
@json_option
def apply(uid: str, login: str, plan_hash: str, as_json: bool) -> None:
    opened = installation()
    with reading():
        run, account_id = _run(uid), int(account_of(login).id)
    with refusing("LDAP-007"), held(run.source_id, opened.settings, wait_s=0):
        now = dt.datetime.now(dt.UTC)
        run = apply_run(run, opened.settings, account_id=account_id, plan_hash=plan_hash, now=now)
    _end(run, as_json)


@sync_runs.command("confirm", help="第二名管理员确认被拦下的计划。Confirm a blocked plan.")
@click.argument("uid")
@as_option
@plan_option
@json_option
def confirm(uid: str, login: str, plan_hash: str, as_json: bool) -> None:
    opened = installation()
    with reading():
        run, account_id = _run(uid), int(account_of(login).id)
    with refusing("LDAP-007"), held(run.source_id, opened.settings, wait_s=0):
        now = dt.datetime.now(dt.UTC)
        with writing():
            confirm_run(run, account_id=account_id, plan_hash=plan_hash, now=now)
        run = carry_out(run, opened.settings, now)
    _end(run, as_json)


@sync_runs.command("undo", help="撤销 30 天内写入的同步。Take an applied run back.")
@click.argument("uid")
@as_option
@click.option("--plan", "plan_hash", help="核对过的撤销计划的校验值。Hash of the plan looked at.")
@dry_run_option
@json_option
def undo(uid: str, login: str, plan_hash: str | None, dry_run: bool, as_json: bool) -> None:
    opened = installation()
    now = dt.datetime.now(dt.UTC)
    with reading(), refusing("LDAP-007"):
        run, account_id = _run(uid), int(account_of(login).id)
        plan = preview_undo(run, now)
        told = _told_undo(plan)
    if dry_run:
        report({**told, "dry_run": True}, as_json, _undo_text)
        return
    with refusing("LDAP-007"), held(run.source_id, opened.settings, wait_s=0):
        with writing():
            made = order_undo(
                run,
                account_id=account_id,
                plan_hash=plan_hash or plan.hash,
                now=now,
                trigger="command",
            )
        made = carry_out(made, opened.settings, now)
    report({**told, **_shown(made), "dry_run": False}, as_json, _undo_text)
    if made.state != "applied":
        raise SystemExit(4)


def _told_undo(plan: UndoPlan) -> dict[str, Any]:
    """The plan for people and programs."""
    return {
        "plan": plan.hash,
        "lines": [
            text
            for group in undo_lines(plan)
            for text in (_headed(group), *map(_spoken, group.lines))
        ],
        "blocked": list(plan.blocked),
        "recent": plan.recent,
        **msgspec.to_builtins(plan.undone),
        "disabled": len(plan.disabled),
    }


def _headed(group: PlanUnit) -> str:
    return f"[{group.name or '-'}]"


def _spoken(line: PlanLine) -> str:
    """One row in words, both languages."""
    values = "；".join(f"{label} {old or '-'} → {new or '-'}" for label, old, new in line.values)
    losses = "，".join(f"{loss.title} {loss.count}" for loss in line.losses)
    reason = " / ".join(line.reason) if line.reason else ""
    parts = (values, f"将失去 loses: {losses}" if losses else "", reason)
    details = "；".join(part for part in parts if part)
    subject = f"  {ACTION_LABELS[line.action]} {line.action}: {line.key} {line.name}"
    return f"{subject}（{details}）" if details else subject


def _undo_text(row: dict[str, Any]) -> list[str]:
    gates = [f"{zh} {en}" for zh, en in gate_words(row["blocked"])]
    recent = row["recent"]
    return [
        *row["lines"],
        *gates,
        *([recent_words(recent)] if recent else []),
        f"停用 disabled: {row['disabled']}",
        f"已恢复 restored: {sum(row['restored'].values())}",
        f"已结束 ended: {sum(row['ended'].values())}",
        f"未动 left: {len(row['left'])}",
        f"{row.get('run', '')} {row.get('state', '')} {row['plan']}".strip(),
    ]


@sync_runs.command("discard", help="放弃等待中的计划。Give a waiting plan up.")
@click.argument("uid")
@as_option
@json_option
def discard(uid: str, login: str, as_json: bool) -> None:
    installation()
    with refusing("LDAP-007"), writing():
        run = discard_run(
            _run(uid), account_id=int(account_of(login).id), now=dt.datetime.now(dt.UTC)
        )
    _end(run, as_json)


def _run(uid: str) -> SyncRun:
    try:
        return run_by_uid(uid)
    except NotFound as fault:
        raise OperatorError(
            "LDAP-008",
            f"没有编号为 {uid} 的同步。没有任何改动。openbureau sync-runs list 列出最近的同步。",
            f"There is no run {uid}. Nothing changed. `openbureau sync-runs list` lists them.",
        ) from fault


def _shown(run: SyncRun) -> dict[str, Any]:
    return {
        "run": run.uid,
        "source": source_name(run),
        "scope": run.scope,
        "trigger": run.trigger,
        "state": run.state,
        "reason": run.reason,
        "plan": run.plan_hash or None,
        "blocked": msgspec.json.decode(run.blocked),
        "excluded": msgspec.json.decode(run.excluded),
        "requested_at": run.requested_at.isoformat(timespec="seconds"),
        "applied_at": run.applied_at.isoformat(timespec="seconds") if run.applied_at else None,
    }


def _told(shown: dict[str, Any]) -> str:
    return f"{shown['run']} {shown['state']} {shown['reason']} {shown['plan'] or ''}".rstrip()


def _end(run: SyncRun, as_json: bool) -> None:
    """Prints the run and leaves with 0 done, 3 incomplete, 4 refused."""
    shown = _shown(run)
    report(shown, as_json, lambda row: [_told(row)])
    if run.state == "refused":
        raise SystemExit(4)
    if run.reason and run.state in {"planned", "blocked"}:
        raise SystemExit(3)
