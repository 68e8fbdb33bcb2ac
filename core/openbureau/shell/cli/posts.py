"""`openbureau post`: where somebody serves, as what, how long."""

import datetime as dt
from typing import Any

import click

from openbureau.base.context import CHINA
from openbureau.base.database import reading
from openbureau.base.errors import OperatorError
from openbureau.kernel.accounts.acts import By
from openbureau.kernel.accounts.models import NATURES, Post
from openbureau.kernel.accounts.posts import Described, add_post, change_post, end_post, posts_of
from openbureau.shell.cli.arguments import DAY, KEY, day_of, words
from openbureau.shell.cli.deeds import deed, dry_run_option
from openbureau.shell.cli.named import account_of, unit_of
from openbureau.shell.cli.options import BureauGroup, installation, json_option, report

TITLE = words(100)
RANK = click.IntRange(1, 9999)


@click.group(cls=BureauGroup, help="任职。Posts people hold.")
def post() -> None:
    """Group of post commands."""


def _described(command: Any) -> Any:
    """The options that describe a post."""
    for option in (
        json_option,
        dry_run_option,
        click.option("--to", "ends_on", type=DAY, help="结束日期。Last day."),
        click.option("--from", "starts_on", type=DAY, help="开始日期。First day."),
        click.option(
            "--primary", "is_primary", is_flag=True, default=None, help="主要任职。Primary post."
        ),
        click.option(
            "--leader/--no-leader",
            "is_leader",
            default=None,
            help="单位负责人。Head of the unit.",
        ),
        click.option("--nature", type=click.Choice(NATURES), help="任职性质。How it is held."),
        click.option("--rank", type=RANK, help="排名，小的在前。Official order, small first."),
        click.option("--title", type=TITLE, help="职务。Title."),
    ):
        command = option(command)
    return command


@post.command("list", help="列出一个人的任职。List somebody's posts.")
@click.argument("login", metavar="ACCOUNT")
@json_option
def list_posts(login: str, as_json: bool) -> None:
    installation()
    with reading():
        rows = [_shown(each) for each in posts_of(account_of(login).id)]
    report(
        rows,
        as_json,
        lambda found: (
            f"{r['post']:6} {r['unit']:12} {r['title']} {r['nature']}"
            f"{'' if r['is_active'] else '（已结束 ended）'}"
            for r in found
        ),
    )


@post.command("add", help="登记一项任职。Give somebody one more post.")
@click.argument("login", metavar="ACCOUNT")
@click.option("--unit", required=True, help="单位或处室的代码。Code of the unit or section.")
@_described
def add(login: str, unit: str, dry_run: bool, as_json: bool, **given: Any) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    with deed("POST-002", dry_run=dry_run):
        made = add_post(account_of(login), _wanted(given, unit_of(unit).id, None), by)
        shown = _shown(Post.get_by_id(made.id))
    _tell({**shown, "post": None if dry_run else made.id}, login, as_json, dry_run=dry_run)


@post.command("change", help="更改一项任职；未给出的照旧。Change a post; the rest stays.")
@click.argument("post_id", metavar="POST", type=KEY)
@click.option("--unit", help="单位或处室的代码。Code of the unit or section.")
@_described
def change(post_id: int, unit: str | None, dry_run: bool, as_json: bool, **given: Any) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    with deed("POST-002", dry_run=dry_run):
        found = _post(post_id)
        unit_id = found.unit_id if unit is None else unit_of(unit).id
        change_post(found.account, found, _wanted(given, unit_id, found), by)
        shown = _shown(Post.get_by_id(post_id))
    _tell(shown, found.account.login, as_json, dry_run=dry_run)


@post.command("end", help="终止一项任职，留在履历中。End a post; it stays in the history.")
@click.argument("post_id", metavar="POST", type=KEY)
@click.option("--on", type=DAY, help="最后一天，默认今天。Last day (default: today).")
@dry_run_option
@json_option
def end(post_id: int, on: dt.datetime | None, dry_run: bool, as_json: bool) -> None:
    installation()
    by = By(dt.datetime.now(dt.UTC))
    today = by.now.astimezone(CHINA).date()
    with deed("POST-002", dry_run=dry_run):
        found = _post(post_id)
        end_post(found.account, found, day_of(on) or today, today, by)
        shown = _shown(Post.get_by_id(post_id))
    _tell(shown, found.account.login, as_json, dry_run=dry_run)


def _wanted(given: dict[str, Any], unit_id: int, before: Post | None) -> Described:
    """The post as described, on top of what it was."""
    fields = {name: value for name, value in given.items() if value is not None}
    for name in ("starts_on", "ends_on"):
        if name in fields:
            fields[name] = fields[name].date()
    kept = {
        name: getattr(before, name)
        for name in ("title", "rank", "nature", "is_leader", "is_primary", "starts_on", "ends_on")
        if before is not None
    }
    return Described(unit_id=unit_id, **{"title": "", "rank": 100, **kept, **fields})


def _post(post_id: int) -> Post:
    found: Post | None = Post.get_or_none((Post.id == post_id) & Post.is_active)
    if found is None:
        raise OperatorError(
            "POST-001",
            f"没有编号为 {post_id} 的在任职务。没有任何改动。openbureau post list 列出编号。",
            f"There is no post {post_id} in force. Nothing changed. `openbureau post list` lists "
            "them.",
        )
    return found


def _shown(found: Post) -> dict[str, Any]:
    return {
        "post": found.id,
        "unit": found.unit.code,
        "title": found.title,
        "rank": found.rank,
        "nature": found.nature,
        "is_leader": bool(found.is_leader),
        "is_primary": bool(found.is_primary),
        "is_active": bool(found.is_active),
        "source": found.source,
        "from": found.starts_on,
        "to": found.ends_on,
    }


def _tell(shown: dict[str, Any], login: str, as_json: bool, *, dry_run: bool) -> None:
    word = "未改动 unchanged" if dry_run else "已生效 live"
    answer = {"account": login, **shown, "applied": not dry_run}
    report(answer, as_json, lambda row: [f"{login} {row['unit']} {row['title']}（{word}）"])
